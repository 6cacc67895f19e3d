"""Node groups that choose their AMI, configuration and security groups, by the real engine."""

from __future__ import annotations

import base64
import email
import json
import sys
from email.message import Message
from typing import Any

import pytest

from ops.offline.account import Image
from ops.offline.changes import changes
from tests.engine.conftest import Start
from tests.engine.reviews import Reviewed
from tests.engine.variants import NODES
from tests.offline import Offline, planned_json, refused, succeeded
from tests.terraform_json import Synth

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pytest brings it to these versions

pytestmark = pytest.mark.engine


def _applied(offline: Offline) -> dict[str, Any]:
    """The values of every resource of the cluster's stack, after an apply."""
    succeeded(offline.cluster.apply("-refresh=false"))
    return offline.cluster.state


def _user_data(state: dict[str, Any], group: str) -> str:
    text = state[f"aws_launch_template.nodes_{group}_launch_template"]["user_data"]
    return base64.b64decode(text, validate=True).decode()


def test_nodes_of_ones_own_ami_are_told_the_cluster_and_join_with_labels_and_taints(start: Start) -> None:
    with start(NODES) as offline:
        state = _applied(offline)
    cluster = state["aws_eks_cluster.cluster"]
    services = cluster["kubernetes_network_config"][0]["service_ipv4_cidr"]
    certificate = cluster["certificate_authority"][0]["data"]
    assert certificate

    message = email.message_from_string(_user_data(state, "gpu"))
    assert message.is_multipart()
    assert not message.defects
    parts = message.get_payload()
    assert isinstance(parts, list)
    [part] = parts
    assert isinstance(part, Message)
    spec = json.loads(str(part.get_payload()))["spec"]
    assert spec["cluster"] == {
        "name": "nodes",
        "apiServerEndpoint": cluster["endpoint"],
        "certificateAuthority": certificate,
        "cidr": services,
    }
    labels, taints, own = spec["kubelet"]["flags"]
    assert labels.startswith("--node-labels=nvidia.com/gpu.present=true,")
    assert taints == "--register-with-taints=nvidia.com/gpu=true:NoSchedule"
    assert own == "--v=2"
    # What looks like a template is text, and comes through two quotations unharmed.
    assert spec["kubelet"]["config"] == {"clusterDomain": '${a} %{b} " \\ é'}
    assert spec["instance"] == {"localStorage": {"strategy": "RAID0"}}

    settings = tomllib.loads(_user_data(state, "rocket"))["settings"]
    assert settings["kubernetes"] == {
        "cluster-name": "nodes",
        "api-server": cluster["endpoint"],
        "cluster-certificate": certificate,
        "cluster-dns-ip": services.replace(".0/16", ".10"),
        "node-labels": {"team": "b"},
        "node-taints": {"a": ["b:NoSchedule", ":NoExecute"], "c": [":NoSchedule"]},
    }
    assert "bootstrap-commands" in settings

    sys_config = json.loads(_user_data(state, "sys").split("\n\n")[2].rpartition("\n--")[0])
    assert sys_config["spec"]["containerd"] == {"config": "# ${HOME} %{if}\n"}
    assert "cluster" not in sys_config["spec"]


def test_a_group_changes_between_ones_own_ami_and_that_of_eks_by_being_replaced(
    start: Start, synth: Synth, reviewed: Reviewed
) -> None:
    """https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html#mng-ami-id-conditions"""
    with start(NODES) as offline:
        state = _applied(offline)
        assert state["aws_eks_node_group.nodes_rocket"]["ami_type"] == "CUSTOM"
        assert state["aws_eks_node_group.nodes_rocket"]["release_version"] == "ami-0123456789abcdef0"
        offline.configure(synth(NODES.replace("    ami_id: ami-0123456789abcdef0\n", "")))
        made = planned_json(offline.cluster)
        verbs = {change.address: change.verb for change in changes(made)}
        reviewed("nodes: EKS's AMI instead of one's own", {"nodes": made})
    assert verbs["aws_eks_node_group.nodes_rocket"] == "replace"
    assert verbs["aws_launch_template.nodes_rocket_launch_template"] == "update"
    assert "aws_eks_node_group.nodes_gpu" not in verbs


def test_the_plan_stops_where_a_security_group_is_of_another_vpc_or_is_not_there(start: Start) -> None:
    with start(NODES) as offline:
        offline.account.security_groups["sg-0123456789abcdef0"] = "vpc-0123456789abcdef1"
        told = refused(offline.cluster.plan())
        assert (
            "node_groups.gpu.security_group_ids[0]: the security group sg-0123456789abcdef0 is not in the VPC"
            in told
        )
        del offline.account.security_groups["sg-0123456789abcdef0"]
        assert "EC2 Security Group" in refused(offline.cluster.plan())


def test_the_plan_stops_where_an_ami_does_not_fit_or_is_not_there(start: Start) -> None:
    with start(NODES) as offline:
        images = offline.account.images
        images["ami-0123456789abcdef0"] = Image("arm64", "/dev/sda1")
        told = refused(offline.cluster.plan())
        assert "node_groups.rocket.ami_id: the AMI ami-0123456789abcdef0 is built for arm64" in told
        assert "root volume" not in told  # Bottlerocket's is no matter of ours
        images["ami-0123456789abcdef0"] = Image()
        images[offline.cluster.variables["ami_id"]] = Image("x86_64", "/dev/sda1")
        told = refused(offline.cluster.plan())
        assert "node_groups.gpu.ami_id: the root volume of the AMI" in told
        del images["ami-0123456789abcdef0"]
        assert "Your query returned no results" in refused(offline.cluster.plan())
