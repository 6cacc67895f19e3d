"""The same layout gives the same bytes, wherever and whenever it is synthesized."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from modules.layout import load, preset_names

ROOT = Path(__file__).resolve().parents[3]
# Where jsii unpacks providers for whoever runs the tests: docs/speed.md.
CACHE = Path.home() / (
    "Library/Caches/com.amazonaws.jsii" if sys.platform == "darwin" else ".cache/aws/jsii/package-cache"
)
ELSEWHERE = ("/aws/", "/dev/xvd", "/eks/", "/dev/shm", "/etc/job", "/fsx", "/data")
STACKS = sorted(stack for preset in preset_names() for stack in load(preset).layout.stacks)

Written = dict[str, bytes]


def _synthesize(folder: Path, *, output: str, seed: str, home: str) -> Written:
    """Every file that a run of main.py over all presets writes, by its path below the output folder."""
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, str(ROOT / "main.py")],
        cwd=folder,
        env={
            **os.environ,
            "LAYOUT": ",".join(preset_names()),
            "CDKTF_OUTDIR": output,
            "PYTHONHASHSEED": seed,
            "HOME": str(folder / home),
            # Else jsii unpacks the providers anew in each home, which takes most of the time.
            "JSII_RUNTIME_PACKAGE_CACHE_ROOT": os.environ.get("JSII_RUNTIME_PACKAGE_CACHE_ROOT", str(CACHE)),
            "TZ": "UTC" if seed == "1" else "Pacific/Auckland",
        },
        capture_output=True,
        check=False,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    written = folder / output
    return {
        file.relative_to(written).as_posix(): file.read_bytes()
        for file in sorted(written.rglob("*"))
        if file.is_file()
    }


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Written, Written]:
    folder = tmp_path_factory.mktemp("runs")
    with ThreadPoolExecutor() as pool:
        one = pool.submit(_synthesize, folder / "one", output="cdktf.out", seed="1", home="her")
        other = pool.submit(
            _synthesize, folder / "another place", output="another.out", seed="4711", home="him"
        )
        return one.result(), other.result()


def test_two_runs_write_the_same_files(runs: tuple[Written, Written]) -> None:
    one, other = runs
    assert list(one) == list(other) == ["manifest.json", *(f"stacks/{name}/cdk.tf.json" for name in STACKS)]


@pytest.mark.parametrize("stack", STACKS)
def test_two_runs_write_the_same_bytes(runs: tuple[Written, Written], stack: str) -> None:
    one, other = (run[f"stacks/{stack}/cdk.tf.json"] for run in runs)
    assert one == other


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_of_the_machine_or_the_moment_is_in_the_output(
    runs: tuple[Written, Written], stack: str
) -> None:
    for run in runs:
        text = run[f"stacks/{stack}/cdk.tf.json"].decode()
        for trace in (str(ROOT), "/home/", "/root", "/tmp/", "/Users/", "TfToken", "Token["):
            assert trace not in text
        # Absolute paths begin a string; those of the kubelet and of log groups are AWS's.
        paths = set(re.findall(r'"(/[A-Za-z][^"]*)"', text))
        assert not {path for path in paths if not path.startswith(ELSEWHERE)}
        written = json.loads(text)
        written.pop("variable", None)  # whose remedies show a time as an example
        dates = set(re.findall(r"\d{4}-\d{2}-\d{2}", json.dumps(written)))
        assert dates <= {"2012-10-17"}  # the version of IAM's policy language
