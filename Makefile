# Every target sets up what it needs, inside this folder: .tools/ (pipenv), .venv/ (Python), node_modules/ (cdktf-cli),
# .checkov/ (checkov), .torch/ (torch), and cdktn-cli/node_modules/ (CDK Terrain's command line) where it is asked for.
# Works with GNU Make 3.81 and newer. Paths here are relative: the checkout's own path may contain blanks.

PYTHON ?= python3
PIPENV_VERSION := 2026.10.3
# Passed on to pytest, cdktf or the command, for example: make test ARGS="tests/unit -k capacity"
ARGS ?=
# The stacks of `make deploy` and `make destroy`, for example: make deploy STACKS=NAME-workloads. All without it.
STACKS ?=
# The plans of `make review`, for example: make review PLANS=plan.json
PLANS ?=
CHOSEN = $(if $(STACKS),$(STACKS:%='%'),'*')

# The caller's Python and pipenv set-up stays out of ours; mirrors, caches and time-outs are kept.
PIPENV_KEPT := PIPENV_PYPI_MIRROR PIPENV_CACHE_DIR PIPENV_TIMEOUT PIPENV_INSTALL_TIMEOUT PIPENV_MAX_RETRIES
unexport $(filter-out $(PIPENV_KEPT),$(filter PIPENV_%,$(.VARIABLES)))
unexport PYTHONHOME PYTHONPATH PYTHONSTARTUP PYTHONSAFEPATH PYTHONDONTWRITEBYTECODE VIRTUAL_ENV CONDA_PREFIX
unexport PIP_TARGET PIP_PREFIX PIP_ROOT PIP_REQUIRE_VIRTUALENV PIP_NO_BINARY
export PIPENV_IGNORE_VIRTUALENVS := 1
export PIPENV_VENV_IN_PROJECT := 1
export PIPENV_DONT_LOAD_ENV := 1
export PIPENV_NOSPIN := 1
export PIPENV_YES := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_USER := 0
# Byte-compiling all of the AWS provider takes 70 s; Python compiles the few modules that are used as it imports them, and
# must be let keep that (PYTHONDONTWRITEBYTECODE above): else every command takes some two seconds more.
export PIP_COMPILE := 0
# No telemetry from cdktf-cli and Terraform.
export CHECKPOINT_DISABLE := 1

PIPENV := .tools/bin/python -m pipenv
# The machine's Node and npm where they are new enough for both command lines (engines in cdktn-cli's package.json; Node 20,
# which cdktf-cli was tested with, is past its end), else those that came into .venv.
WITH_NODE := if command -v npm && node -e 'const [a, b] = process.versions.node.split("."); process.exit((a - 22 || b - 19) < 0 ? 1 : 0)'; \
	then PATH="$$PATH:$$PWD/.venv/bin"; else PATH="$$PWD/.venv/bin:$$PATH"; fi >/dev/null 2>&1; export PATH

# CDK Terrain is set up where somebody asks for it, and kept up to date from then on.
CDKTN_STAMPS := .venv/.stamp-cdktn cdktn-cli/node_modules/.stamp
SYNC_CDKTN = if test -e .venv/.stamp-cdktn; then $(PIPENV) sync --quiet --categories cdktn && touch .venv/.stamp-cdktn; fi
# The flavour that deploys: of CDK_FLAVOR, else of the context in cdktf.json, as modules/bindings/flavor.py reads them.
NOTHING :=
FLAVOR := $(strip $(CDK_FLAVOR))
ifeq ($(FLAVOR),)
FLAVOR := $(if $(findstring "flavor":"cdktn",$(subst $(NOTHING) ,,$(shell cat cdktf.json 2>/dev/null))),cdktn)
endif
ifeq ($(FLAVOR),cdktn)
CLI_SETUP := cdktn-is-set-up
CLI := cdktn-cli/node_modules/.bin/cdktn
else
CLI_SETUP := node_modules/.stamp
CLI := npx cdktf
endif

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup setup-cdktn synth presets new show plan review picture policy import-eksctl preflight deploy verify destroy cleanup ci-role wheel test lint format bench docs pictures clean
.PHONY: cdktn-is-set-up python-packages

help:
	@echo 'make synth    write Terraform JSON to cdktf.out/; LAYOUT=... names a preset or a file'
	@echo 'make presets  list the presets'
	@echo 'make new      write a starting layout, asking for what it needs: ARGS="NAME --from PRESET"'
	@echo 'make show     print LAYOUT in full; ARGS=--origins says where each value comes from'
	@echo "make plan     show Terraform's plan of LAYOUT, offline: no account, no provider download; ARGS=--real with both"
	@echo 'make review   say of plans what would stop training: PLANS="plan.a.json plan.b.json"; ARGS="--format md" for a pull request'
	@echo 'make picture  draw LAYOUT; ARGS="-o NAME.html" makes a page of it, ARGS="--plan plan.json" colours what changes'
	@echo "make policy   judge LAYOUT by checkov's security rules; policy/accepted.yaml says what may stay"
	@echo 'make import-eksctl FILE=cluster.yaml   turn a ClusterConfig of eksctl into a layout'
	@echo 'make preflight ask your AWS account whether it has what LAYOUT needs: reservation, zone, quotas, addresses'
	@echo 'make deploy   deploy all stacks of LAYOUT with cdktf-cli (cdktn-cli), or those of STACKS, asking before each change;'
	@echo '              first, ops order looks whether that takes away what workloads still need'
	@echo 'make verify   ask the cluster whether it is as LAYOUT says: nodes, GPUs, EFA, plugins, releases'
	@echo 'make destroy  destroy them'
	@echo 'make cleanup  find what stops a destroy of LAYOUT, or stays behind and costs; ARGS=--delete deletes it'
	@echo 'make ci-role  write the stack of the roles that workflows assume: ARGS="--repository OWNER/NAME ...", docs/ci-role.md'
	@echo 'make wheel    write the package eks_training as a wheel to dist/: docs/library.md'
	@echo 'make test     run every test; ARGS="tests/unit -k name" for some of them'
	@echo 'make lint     check style and types'
	@echo 'make format   format the code and put right what ruff can'
	@echo "make docs     write docs/layout.md, docs/errors.md, docs/checks.md, docs/review-rules.md and the editors' schema from the code"
	@echo 'make pictures draw every preset anew, for docs/pictures.md'
	@echo 'make bench    measure synth time and memory'
	@echo 'make setup    only set up, for the targets above'
	@echo 'make setup-cdktn set up CDK Terrain beside CDKTF; CDK_FLAVOR=cdktn before a command takes it'
	@echo 'make clean    remove what make has set up or written here'
	@echo
	@echo 'PYTHON=/path/to/python3 chooses the interpreter (3.10 or newer) of the first set-up.'

setup: .venv/.stamp-dev node_modules/.stamp .checkov/.stamp .torch/.stamp

setup-cdktn: $(CDKTN_STAMPS)

# What the commands need in CI, where cdktf.json says of which flavour.
python-packages: .venv/.stamp $(if $(filter cdktn,$(FLAVOR)),.venv/.stamp-cdktn)

synth: .venv/.stamp
	@.venv/bin/python -m ops synth

presets new show: .venv/.stamp
	@.venv/bin/python -m ops $@ $(ARGS)

plan: .venv/.stamp
	@.venv/bin/python -m ops plan $(ARGS)

# Exit status 2 for whatever the review says: where it counts, call the command itself.
review: .venv/.stamp
	@.venv/bin/python -m ops review $(PLANS) $(ARGS)

picture preflight verify cleanup ci-role: .venv/.stamp
	@.venv/bin/python -m ops $@ $(ARGS)

policy: .venv/.stamp .checkov/.stamp
	@.venv/bin/python -m ops policy $(ARGS)

import-eksctl: .venv/.stamp
	@.venv/bin/python -m ops import-eksctl "$(FILE)" -o . $(ARGS)

# ARGS goes to cdktf here, for example: make deploy ARGS=--auto-approve
deploy: $(CLI_SETUP) .venv/.stamp
	@.venv/bin/python -m ops order $(STACKS:%=--stack '%')
	@$(WITH_NODE); $(CLI) deploy $(CHOSEN) $(if $(STACKS),--ignore-missing-stack-dependencies) $(ARGS)

destroy: $(CLI_SETUP) .venv/.stamp
	@.venv/bin/python -m ops order --destroy $(STACKS:%=--stack '%')
	@$(WITH_NODE); $(CLI) destroy $(CHOSEN) $(ARGS)

# Without what an earlier build has left: setuptools would put modules into the wheel that are gone.
wheel: .venv/.stamp
	@rm -rf build *.egg-info
	@.venv/bin/python -m pip wheel --quiet --no-deps --wheel-dir dist $(if $(PIPENV_PYPI_MIRROR),--index-url '$(PIPENV_PYPI_MIRROR)') .
	@rm -rf build *.egg-info
	@ls dist/*.whl

# In the order of the folders: the few tests of e2e and engine are the longest, and at the end they would leave cores idle.
test: .venv/.stamp-dev node_modules/.stamp .checkov/.stamp .torch/.stamp $(CDKTN_STAMPS)
	@$(WITH_NODE); .venv/bin/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

lint: .venv/.stamp-dev
	$(PIPENV) verify
	cd policy && ../$(PIPENV) verify
	cd examples && ../$(PIPENV) verify
	.venv/bin/python -m ruff check
	.venv/bin/python -m ruff format --check
	.venv/bin/python -m mypy

format: .venv/.stamp-dev
	.venv/bin/python -m ruff check --fix
	.venv/bin/python -m ruff format

docs: .venv/.stamp
	@.venv/bin/python -m ops docs

pictures: .venv/.stamp
	@.venv/bin/python -m ops docs --pictures

bench: .venv/.stamp-dev .venv/.stamp-cdktn
	@$(WITH_NODE); .venv/bin/python -m bench

clean:
	rm -rf .venv .tools .checkov .torch node_modules cdktn-cli/node_modules cdktf.out cdktf.log build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis

# A target here is a real file, so that a second run costs nothing. An interpreter that has gone from the machine leaves
# a dangling link, which counts as a missing file.
.tools/bin/python:
	@command -v "$(PYTHON)" >/dev/null || { echo '$(PYTHON) was not found: install Python 3.10 or newer, or set PYTHON=/path/to/python3.' >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "Python 3.10 or newer is needed; $(PYTHON) is $$("$(PYTHON)" --version 2>&1). Set PYTHON=/path/to/python3." >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { echo '$(PYTHON) cannot make virtual environments: on Debian and Ubuntu, apt install python3-venv; else set PYTHON=/path/to/python3.' >&2; exit 1; }
	@rm -rf .tools
	@echo 'Setting up pipenv in .tools/'
	@"$(PYTHON)" -m venv .tools || { rm -rf .tools; exit 1; }

.tools/.stamp: Makefile .tools/bin/python
	@.tools/bin/python -m pip install --quiet pipenv==$(PIPENV_VERSION)
	@touch $@

.venv/bin/python: | .tools/.stamp
	@rm -rf .venv
	@.tools/bin/python -m virtualenv --quiet --no-periodic-update .venv

.venv/.stamp: Pipfile.lock .venv/bin/python | .tools/.stamp
	@echo 'Installing the Python packages in .venv/'
	@$(PIPENV) sync --quiet
	@$(SYNC_CDKTN)
	@touch $@

.venv/.stamp-dev: Pipfile.lock .venv/bin/python | .tools/.stamp
	@echo 'Installing the Python packages in .venv/, with those for development'
	@$(PIPENV) sync --quiet --dev
	@$(SYNC_CDKTN)
	@touch .venv/.stamp $@

.venv/.stamp-cdktn: Pipfile.lock .venv/bin/python | .venv/.stamp
	@echo 'Installing the Python packages of CDK Terrain in .venv/'
	@$(PIPENV) sync --quiet --categories cdktn
	@touch $@

node_modules/.stamp: package.json package-lock.json .npmrc | .venv/.stamp-dev
	@echo 'Installing cdktf-cli in node_modules/'
	@$(WITH_NODE); npm ci --no-progress --loglevel=error
	@touch $@

cdktn-cli/node_modules/.stamp: $(addprefix cdktn-cli/,package.json package-lock.json .npmrc) | .venv/.stamp-dev
	@echo 'Installing cdktn-cli in cdktn-cli/node_modules/'
	@$(WITH_NODE); cd cdktn-cli && npm ci --no-progress --loglevel=error
	@touch $@

# The command line comes with the first deploy, as that of CDKTF does, where the packages are here: after `make python-packages` in CI.
cdktn-is-set-up: $(if $(wildcard .venv/.stamp-cdktn),$(CDKTN_STAMPS))
	@test -e .venv/.stamp-cdktn || { echo 'CDK_FLAVOR, or cdktf.json, asks for CDK Terrain, which is not set up here: make setup-cdktn does it.' >&2; exit 1; }

.checkov/bin/python: | .tools/.stamp
	@rm -rf .checkov
	@.tools/bin/python -m virtualenv --quiet --no-periodic-update .checkov

# pip takes half the time of `pipenv sync` here: the lock names everything, so there is nothing to resolve.
.checkov/.stamp: policy/Pipfile.lock .checkov/bin/python | .tools/.stamp
	@echo 'Installing checkov in .checkov/'
	@cd policy && ../$(PIPENV) requirements --hash --exclude-index >../.checkov/requirements.txt
	@.checkov/bin/python -m pip install --quiet --no-deps --only-binary :all: --requirement .checkov/requirements.txt \
		$(if $(PIPENV_PYPI_MIRROR),--index-url '$(PIPENV_PYPI_MIRROR)')
	@touch $@

.torch/bin/python: | .tools/.stamp
	@rm -rf .torch
	@.tools/bin/python -m virtualenv --quiet --no-periodic-update .torch

# The small torch where pip finds it (examples/torch-cpu.txt), else PyPI's, with those of NVIDIA's libraries without which
# it cannot be imported on Linux. Left out are what only a GPU needs: the solver, the compiler, the bindings.
TORCH_PIP := .torch/bin/python -m pip install --quiet --no-deps --only-binary :all: \
	$(if $(PIPENV_PYPI_MIRROR),--index-url '$(PIPENV_PYPI_MIRROR)')

.torch/.stamp: examples/Pipfile.lock examples/torch-cpu.txt .torch/bin/python | .tools/.stamp
	@echo 'Installing torch in .torch/'
	@cd examples && ../$(PIPENV) requirements --hash --exclude-index >../.torch/locked.txt
	@grep -Ev '^(torch=|triton|cuda-|nvidia-)' .torch/locked.txt >.torch/small.txt
	@grep '^torch=' .torch/locked.txt >.torch/large.txt
	@if test "$$(uname)" = Linux; then grep '^nvidia-' .torch/locked.txt | grep -Ev -- '-(cusolver|nvtx)' >>.torch/large.txt; fi
	@$(TORCH_PIP) --requirement .torch/small.txt --requirement examples/torch-cpu.txt 2>.torch/pip.log \
		|| $(TORCH_PIP) --requirement .torch/small.txt --requirement .torch/large.txt
	@touch $@
