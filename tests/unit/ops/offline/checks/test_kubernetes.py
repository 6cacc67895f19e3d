"""Names, labels, taints and annotations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ops.offline.checks import Problem

Check = Callable[[str, "dict[str, Any]"], "list[Problem]"]
IDENTITY = {"namespace": "kube-system", "service_account": "ebs.csi"}
CLASS = {"storage_provisioner": "ebs.csi.aws.com", "metadata": [{"name": "gp3"}]}


@pytest.mark.parametrize(
    "type_name, config, path, message",
    [
        ("aws_eks_node_group", {"labels": {"-a": "b"}}, ("labels", "-a"), "no key for Kubernetes"),
        (
            "aws_eks_node_group",
            {"labels": {"a b/c": "d"}},
            ("labels", "a b/c"),
            "before the / stands a domain",
        ),
        ("aws_eks_node_group", {"labels": {"/c": "d"}}, ("labels", "/c"), "before the / stands a domain"),
        ("aws_eks_node_group", {"labels": {"a": "b/c"}}, ("labels", "a"), "no value of a label"),
        (
            "aws_eks_node_group",
            {"labels": {"node-role.kubernetes.io/gpu": "true"}},
            ("labels", "node-role.kubernetes.io/gpu"),
            "does not join",
        ),
        ("aws_eks_node_group", {"labels": {"k8s.io/x": "y"}}, ("labels", "k8s.io/x"), "does not join"),
        (
            "aws_eks_node_group",
            {"labels": {"eks.amazonaws.com/nodegroup": "y"}},
            ("labels", "eks.amazonaws.com/nodegroup"),
            "EKS keeps labels",
        ),
        (
            "aws_eks_node_group",
            {"taint": [{"key": "nvidia.com/", "effect": "NO_SCHEDULE"}]},
            ("taint", 0, "key"),
            "no key for Kubernetes",
        ),
        (
            "aws_eks_node_group",
            {"taint": [{"key": "a", "value": "yes!", "effect": "NO_SCHEDULE"}]},
            ("taint", 0, "value"),
            "no value of a label",
        ),
        (
            "aws_eks_access_policy_association",
            {"access_scope": [{"type": "namespace", "namespaces": ["team-*", "team_a"]}]},
            ("access_scope", 0, "namespaces", 1),
            "no name for Kubernetes",
        ),
        ("aws_eks_pod_identity_association", {**IDENTITY, "namespace": "a.b"}, ("namespace",), "at most 63"),
        (
            "aws_eks_pod_identity_association",
            {**IDENTITY, "service_account": "A"},
            ("service_account",),
            "253",
        ),
        (
            "kubernetes_storage_class_v1",
            {**CLASS, "metadata": [{"name": "Gp3"}]},
            ("metadata", 0, "name"),
            "no name",
        ),
        (
            "kubernetes_storage_class_v1",
            {**CLASS, "storage_provisioner": "ebs csi"},
            ("storage_provisioner",),
            "no key for Kubernetes",
        ),
        (
            "kubernetes_storage_class_v1",
            {**CLASS, "reclaim_policy": "Keep"},
            ("reclaim_policy",),
            "Delete or Retain",
        ),
        (
            "kubernetes_storage_class_v1",
            {**CLASS, "volume_binding_mode": "WaitForConsumer"},
            ("volume_binding_mode",),
            'Did you mean "WaitForFirstConsumer"',
        ),
        (
            "kubernetes_storage_class_v1",
            {**CLASS, "metadata": [{"name": "gp3", "labels": {"a": "b c"}}]},
            ("metadata", 0, "labels", "a"),
            "no value of a label",
        ),
        (
            "kubernetes_storage_class_v1",
            {**CLASS, "metadata": [{"name": "gp3", "annotations": {"a b": "c"}}]},
            ("metadata", 0, "annotations", "a b"),
            "no key for Kubernetes",
        ),
        (
            "kubernetes_storage_class_v1",
            {**CLASS, "metadata": [{"name": "gp3", "annotations": {"a": "x" * 262144}}]},
            ("metadata", 0, "annotations"),
            "262145 bytes",
        ),
        ("kubernetes_namespace_v1", {"metadata": [{"name": "a.b"}]}, ("metadata", 0, "name"), "at most 63"),
        (
            "kubernetes_config_map_v1",
            {"metadata": [{"name": "a", "namespace": "b.c"}]},
            ("metadata", 0, "namespace"),
            "63",
        ),
    ],
)
def test_what_kubernetes_refuses_is_named(
    check: Check, type_name: str, config: dict[str, Any], path: tuple[str | int, ...], message: str
) -> None:
    problems = check(type_name, config)
    assert [problem.path for problem in problems] == [path], problems
    assert message in problems[0].message


@pytest.mark.parametrize(
    "type_name, config",
    [
        (
            "aws_eks_node_group",
            {
                "labels": {
                    "nvidia.com/gpu.present": "true",
                    "node.kubernetes.io/instance-type": "p5.48xlarge",
                    "my.node.kubernetes.io/x": "y",
                    "topology.kubernetes.io/zone": "us-west-2a",
                    "k8s.amazonaws.com/accelerator": "h100",
                    "vpc.amazonaws.com/efa.present": "true",
                },
                "taint": [{"key": "node-role.kubernetes.io/gpu", "value": "", "effect": "NO_EXECUTE"}],
            },
        ),
        ("aws_eks_pod_identity_association", IDENTITY),
        ("kubernetes_service_account_v1", {"metadata": [{"name": "a.b", "namespace": "c"}]}),
        (
            "kubernetes_storage_class_v1",
            {**CLASS, "metadata": [{"name": "a.b", "annotations": {"X.example.com/Y": "any text"}}]},
        ),
    ],
)
def test_what_kubernetes_takes_is_no_problem(check: Check, type_name: str, config: dict[str, Any]) -> None:
    assert check(type_name, config) == []
