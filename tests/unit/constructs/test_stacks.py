"""The two stacks of a cluster: providers, state, variables, and what keeps them apart."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from cdktf import App

from modules.addressed_stack import AddressedStack
from modules.layout import preset_names
from modules.layout.stores import CLUSTER_TAG
from modules.stacks import add_stacks
from tests.terraform_json import Load, Synth, strings

DEFAULT = "tags: {}"
GPU = "node_groups: {gpu: {instance_type: g5.8xlarge, size: {desired: 2}}}"


def _provider(stack_json: dict[str, Any], name: str) -> Any:
    [provider] = stack_json["provider"][name]
    return provider


def test_a_cluster_is_two_stacks_and_the_platform_is_deployed_second(layout: Load) -> None:
    cluster, platform = add_stacks(App(), layout(GPU).layout)
    assert [cluster.node.id, platform.node.id] == ["demo", "demo-platform"]
    assert platform.depends_on(cluster)
    assert not cluster.depends_on(platform)


def test_the_platform_finds_the_cluster_by_name_and_never_in_the_other_state(synth: Synth) -> None:
    """Terraform reads no other state: what it needs of the cluster it asks AWS at plan time."""
    platform = synth(GPU).platform
    assert platform["data.aws_eks_cluster.cluster"]["name"] == "demo"
    assert "terraform_remote_state" not in platform.json.get("data", {})
    for address in platform.references(platform.json):
        assert address in platform
    assert not platform.variables_used()


def test_the_cluster_stack_asks_no_kubernetes_api(synth: Synth) -> None:
    """Providers configured from a cluster of the same state fail on refresh (terraform-aws-eks #2007, #2501)."""
    cluster = synth(GPU).cluster
    assert set(cluster.json["provider"]) == {"aws"}
    assert set(cluster.json["terraform"]["required_providers"]) == {"aws"}


def test_kubernetes_and_helm_get_their_token_by_exec(synth: Synth) -> None:
    platform = synth(GPU).platform
    kubernetes = _provider(platform.json, "kubernetes")
    helm = _provider(platform.json, "helm")["kubernetes"]
    for provider in (kubernetes, helm):
        assert provider["host"] == "${data.aws_eks_cluster.cluster.endpoint}"
        assert provider["cluster_ca_certificate"] == (
            "${base64decode(data.aws_eks_cluster.cluster.certificate_authority[0].data)}"
        )
        call = provider["exec"][0] if isinstance(provider["exec"], list) else provider["exec"]
        assert call["command"] == "aws"
        assert call["args"][:6] == ["eks", "get-token", "--cluster-name", "demo", "--region", "us-west-2"]
        assert not {"token", "client_key", "password", "config_path"} & set(provider)


def test_both_stacks_are_in_the_layouts_region_and_tag_all_that_they_make(synth: Synth) -> None:
    for stack in synth("tags: {team: research, project: llm}"):
        provider = _provider(stack.json, "aws")
        assert provider["region"] == "us-west-2"
        assert provider["default_tags"] == [
            {"tags": {"team": "research", "project": "llm", CLUSTER_TAG: "demo"}}
        ]


def test_all_that_a_layout_makes_says_whose_it_is_and_its_nodes_are_tagged_as_before(synth: Synth) -> None:
    for stack in synth(DEFAULT):
        assert _provider(stack.json, "aws")["default_tags"] == [{"tags": {CLUSTER_TAG: "demo"}}]
        # In a launch template it would roll the nodes of every cluster that there is.
        templates = json.dumps(stack.json["resource"].get("aws_launch_template", {}))
        assert CLUSTER_TAG not in templates


def test_every_provider_is_pinned_to_one_version(synth: Synth) -> None:
    for stack in synth(DEFAULT):
        for provider in stack.json["terraform"]["required_providers"].values():
            assert re.fullmatch(r"\d+\.\d+\.\d+", provider["version"])


def test_state_is_kept_beside_the_output_folder_and_survives_its_removal(synth: Synth) -> None:
    """CDKTF's own default is an absolute path, which would differ on every machine."""
    for stack in synth(DEFAULT):
        assert stack.json["terraform"]["backend"] == {
            "local": {"path": f"../../../terraform.{stack.name}.tfstate"}
        }


def test_state_may_be_kept_in_s3_with_a_lock_file(synth: Synth) -> None:
    for stack in synth("backend: {type: s3, bucket: states, key_prefix: training}"):
        assert stack.json["terraform"]["backend"] == {
            "s3": {
                "bucket": "states",
                "key": f"training/{stack.name}.tfstate",
                "region": "us-west-2",
                "encrypt": True,
                "use_lockfile": True,
            }
        }


def test_the_bucket_may_be_in_another_region_with_a_key_of_its_own(synth: Synth) -> None:
    key = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    text = f"backend: {{type: s3, bucket: states, region: eu-west-1, kms_key_arn: '{key}'}}"
    for stack in synth(text):
        backend = stack.json["terraform"]["backend"]["s3"]
        assert backend["region"] == "eu-west-1"
        assert backend["kms_key_id"] == key
        assert "dynamodb_table" not in backend


VARIABLES = """
cluster: {endpoint: {public: true, public_access_cidrs: var.public_access_cidrs}}
node_groups:
  gpu:
    instance_type: p5.48xlarge
    size: {desired: 2}
    availability_zone: var.availability_zone
    capacity: {type: odcr, reservation_id: var.capacity_reservation_id}
"""


def test_a_variable_is_declared_with_type_purpose_and_validation(synth: Synth) -> None:
    variables = synth(VARIABLES).cluster.variables
    assert {name: variable["type"] for name, variable in variables.items()} == {
        "availability_zone": "string",
        "capacity_reservation_id": "string",
        "public_access_cidrs": "list(string)",
    }
    for name, variable in variables.items():
        assert variable["description"]
        assert variable["nullable"] is False
        assert "default" not in variable
        [validation] = variable["validation"]
        assert f"var.{name}" in validation["condition"]
        assert validation["error_message"].startswith(f"{name}: ")


def test_variables_are_declared_where_they_are_used_and_nowhere_else(synth: Synth) -> None:
    for text in (VARIABLES, DEFAULT, *(f"extends: {name}\nname: {name}\n" for name in preset_names())):
        for stack in synth(text):
            assert set(stack.variables) == stack.variables_used()


def test_a_literal_takes_the_variables_place(synth: Synth) -> None:
    text = VARIABLES.replace("var.capacity_reservation_id", "cr-0123456789abcdef0")
    cluster = synth(text).cluster
    assert set(cluster.variables) == {"availability_zone", "public_access_cidrs"}
    template = cluster["aws_launch_template.nodes_gpu_launch_template"]
    assert "cr-0123456789abcdef0" in strings(template)


@pytest.mark.parametrize("preset", preset_names())
def test_every_reference_of_a_preset_leads_to_something_in_its_own_stack(synth: Synth, preset: str) -> None:
    for stack in synth(f"extends: {preset}\nname: {preset}\n"):
        missing = {address for address in stack.references(stack.json) if address not in stack}
        assert not missing


@pytest.mark.parametrize("preset", preset_names())
def test_no_token_of_cdktf_is_left_in_a_preset(synth: Synth, preset: str) -> None:
    for stack in synth(f"extends: {preset}\nname: {preset}\n"):
        text = json.dumps(stack.json)
        assert "TfToken" not in text
        assert "${Token[" not in text


def test_an_address_is_the_constructs_path(synth: Synth) -> None:
    cluster = synth(DEFAULT).cluster
    assert "aws_subnet.network_private" in cluster
    assert not [address for address in cluster.addresses if re.search(r"_[0-9A-F]{8}$", address)]


def test_two_constructs_of_one_address_are_refused(layout: Load) -> None:
    from cdktf import TerraformLocal
    from constructs import Construct

    stack = AddressedStack(App(), "demo", layout=layout(DEFAULT).layout)
    first = TerraformLocal(Construct(stack, "a-b"), "c", 1)
    second = TerraformLocal(Construct(stack, "a"), "b-c", 2)
    assert first.friendly_unique_id == "a_b_c"
    with pytest.raises(RuntimeError, match="have the same resource address a_b_c"):
        assert second.friendly_unique_id


def test_every_stack_asks_for_the_terraform_that_it_needs(synth: Synth) -> None:
    for stack in synth("tags: {}"):
        assert stack.json["terraform"]["required_version"] == ">= 1.10"
