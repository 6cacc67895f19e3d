"""What users change in a layout, and the plan that each change must give: no less, and above all no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ops.offline.changes import changes
from ops.offline.engine import Engine
from tests.engine.reviews import Plans, Reviewed
from tests.offline import Offline, planned, planned_json, succeeded
from tests.terraform_json import Synth

pytestmark = pytest.mark.engine

BASE = """
name: training
region: us-west-2
kubernetes_version: "1.35"
cluster:
  endpoint: {public: true, public_access_cidrs: [203.0.113.0/24]}
node_groups:
  sys:
    instance_type: c5.2xlarge
    size: {min: 1, desired: 1, max: 3}
  p5:
    instance_type: p5.48xlarge
    size: {min: 0, desired: 2, max: 10}
    availability_zone: us-west-2b
    capacity: {type: odcr, reservation_id: cr-0123456789abcdef0}
  gpu:
    instance_type: g4dn.8xlarge
    size: {min: 0, desired: 2, max: 4}
"""
SECOND_P5 = """\
  p5b:
    instance_type: p5.48xlarge
    size: {{min: 0, desired: 1, max: 2}}
    availability_zone: {zone}
    capacity: {{type: odcr, reservation_id: cr-0123456789abcdef1}}
"""
P5 = BASE[BASE.index("  p5:") : BASE.index("  gpu:")]
GPU = BASE[BASE.index("  gpu:") :]

Edit = Callable[[str], str]


def instead(old: str, new: str) -> Edit:
    """Replaces a piece that is there once."""

    def edit(text: str) -> str:
        assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
        return text.replace(old, new)

    return edit


def gpu(line: str) -> Edit:
    """Adds a line to the group `gpu`."""
    return lambda text: f"{text}    {line}\n"


def top(line: str) -> Edit:
    """Adds a line at the top level."""
    return lambda text: f"{text}{line}\n"


def group(name: str) -> set[str]:
    """What a node group consists of."""
    return {
        f"aws_eks_node_group.nodes_{name}",
        f"aws_iam_role.nodes_{name}_role",
        *(
            f"aws_iam_role_policy_attachment.nodes_{name}_role_policy_{policy}"
            for policy in ("registry", "ssm", "worker")
        ),
        f"aws_launch_template.nodes_{name}_launch_template",
    }


PLACEMENT = "aws_placement_group.nodes_gpu_placement_group"
NEW_TEMPLATE = (
    "update aws_launch_template.nodes_{0}_launch_template ({1}default_version, latest_version{2})",
    "update aws_eks_node_group.nodes_{0} (launch_template)",
)


def rolled(name: str, before: str = "", after: str = "") -> set[str]:
    """A new version of the launch template, to which the group's nodes move one after the other."""
    return {line.format(name, before, after) for line in NEW_TEMPLATE}


# What changes, and what the plan says.
CHANGES: dict[str, tuple[Edit, set[str]]] = {
    "more nodes": (
        instead("desired: 2, max: 10", "desired: 3, max: 10"),
        {"update aws_eks_node_group.nodes_p5 (scaling_config)"},
    ),
    "a higher maximum": (
        instead("max: 10", "max: 12"),
        {"update aws_eks_node_group.nodes_p5 (scaling_config)"},
    ),
    "a new group": (
        instead("  gpu:\n", SECOND_P5.format(zone="us-west-2b") + "  gpu:\n"),
        {f"create {address}" for address in group("p5b")},
    ),
    "a new group in a zone that has no subnet yet": (
        instead("  gpu:\n", SECOND_P5.format(zone="us-west-2d") + "  gpu:\n"),
        {f"create {address}" for address in group("p5b")}
        | {
            f'create {kind}["us-west-2d"]'
            for kind in (
                "aws_route.network_private_route",
                "aws_route_table.network_private_routes",
                "aws_route_table_association.network_private_association",
                "aws_route_table_association.network_public_association",
                "aws_subnet.network_private",
                "aws_subnet.network_public",
            )
        }
        | {"update aws_vpc_endpoint.network_s3_endpoint (route_table_ids)"},
    ),
    "a group less": (
        instead(GPU, ""),
        {f"delete {address}" for address in {*group("gpu"), PLACEMENT}},
    ),
    "another name of a group": (
        instead("  gpu:", "  vision:"),
        {f"delete {address}" for address in {*group("gpu"), PLACEMENT}}
        | {f"create {address}".replace("_gpu", "_vision") for address in {*group("gpu"), PLACEMENT}},
    ),
    "another Kubernetes version": (
        instead('"1.35"', '"1.36"'),
        {
            *(
                f"update aws_eks_addon.addons_{name} (addon_version)"
                for name in (
                    "aws_ebs_csi_driver",
                    "coredns",
                    "eks_pod_identity_agent",
                    "kube_proxy",
                    "vpc_cni",
                )
            ),
            "update aws_eks_cluster.cluster (version)",
            *(f"update aws_eks_node_group.nodes_{name} (version)" for name in ("gpu", "p5", "sys")),
        },
    ),
    "a label": (
        gpu("labels: {team: vision}"),
        {"update aws_eks_node_group.nodes_gpu (labels)"},
    ),
    # The device plugins have to tolerate the taint as well.
    "a taint": (
        gpu("taints: [{key: team, value: vision, effect: NoSchedule}]"),
        {
            "update aws_eks_node_group.nodes_gpu (taint)",
            "update helm_release.releases_aws_efa_k8s_device_plugin (id, metadata, values)",
            "update helm_release.releases_gpu_operator (id, metadata, values)",
        },
    ),
    "another AMI type": (
        gpu("ami_type: BOTTLEROCKET_x86_64_NVIDIA"),
        {
            "replace aws_eks_node_group.nodes_gpu because of ami_type",
            "update aws_launch_template.nodes_gpu_launch_template "
            "(block_device_mappings, default_version, latest_version, user_data)",
        },
    ),
    "another instance type": (
        instead("g4dn.8xlarge", "g5.8xlarge"),
        {"replace aws_eks_node_group.nodes_gpu because of instance_types"},
    ),
    "another reservation": (
        instead("cr-0123456789abcdef0", "cr-0123456789abcdef9"),
        rolled("p5", "capacity_reservation_specification, "),
    ),
    "no reservation any more": (
        instead("    capacity: {type: odcr, reservation_id: cr-0123456789abcdef0}\n", ""),
        rolled("p5", "capacity_reservation_specification, ", ", placement")
        | {"create aws_placement_group.nodes_p5_placement_group"},
    ),
    "a larger root volume": (
        gpu("root_volume: {size_gib: 300}"),
        rolled("gpu", "block_device_mappings, "),
    ),
    # EFA keeps a group in one subnet; without it the group may spread over all of them.
    "no EFA any more": (
        gpu("efa: false"),
        {
            "replace aws_eks_node_group.nodes_gpu because of subnet_ids",
            "update aws_launch_template.nodes_gpu_launch_template "
            "(default_version, latest_version, network_interfaces, placement)",
            f"delete {PLACEMENT}",
        },
    ),
    "a tag of one group": (
        gpu("tags: {team: ml}"),
        {
            "update aws_eks_node_group.nodes_gpu (launch_template, tags, tags_all)",
            "update aws_launch_template.nodes_gpu_launch_template "
            "(default_version, latest_version, tag_specifications)",
        },
    ),
    "the autoscaler as owner of the size": (
        gpu("scaling_owner: autoscaler"),
        {
            "create aws_autoscaling_group_tag.nodes_gpu_offers_efa",
            "create aws_autoscaling_group_tag.nodes_gpu_offers_hugepages_2Mi",
            "create aws_eks_pod_identity_association.autoscaler_identity",
            "create aws_iam_role.autoscaler_role",
            "create aws_iam_role_policy.autoscaler_role_policy_scale",
            "create helm_release.releases_cluster_autoscaler",
        },
    ),
    "another chart version": (
        top("helm_releases: {gpu-operator: {version: v26.3.1}}"),
        {"update helm_release.releases_gpu_operator (id, metadata, version)"},
    ),
    "another value of a chart": (
        top("helm_releases: {gpu-operator: {values: {toolkit: {enabled: true}}}}"),
        {"update helm_release.releases_gpu_operator (id, metadata, values)"},
    ),
    "a private endpoint": (
        instead("{public: true, public_access_cidrs: [203.0.113.0/24]}", "{public: false}"),
        {"update aws_eks_cluster.cluster (vpc_config)"},
    ),
    # Nothing that Terraform would see.
    "another order": (lambda text: text.replace(GPU, "").replace(P5, GPU + P5), set()),
    "a default written out": (gpu("efa: true"), set()),
    "a comment": (top("# nothing"), set()),
}


@pytest.fixture(scope="module")
def deployed(engine: Engine, synth: Synth, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Offline]:
    """BASE, deployed once, for tests that only plan; who applies takes a copy."""
    with Offline(engine, tmp_path_factory.mktemp("changes"), synth(BASE)) as offline:
        offline.deploy()
        yield offline


@pytest.fixture(scope="module")
def plans(deployed: Offline, synth: Synth) -> Plans:
    return Plans(deployed, synth)


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_plans_what_it_must_and_no_more(plans: Plans, reviewed: Reviewed, name: str) -> None:
    edit, expected = CHANGES[name]
    made = plans.of(edit(BASE))
    assert {str(change) for data in made.values() for change in changes(data)} == expected
    reviewed(name, made)


def test_a_tag_on_everything_changes_all_in_place(
    plans: Plans, deployed: Offline, reviewed: Reviewed
) -> None:
    made = plans.of(BASE + "tags: {team: ml}\n")
    said = [change for data in made.values() for change in changes(data)]
    assert {change.verb for change in said} == {"update"}
    taggable = {address for address, values in deployed.cluster.state.items() if "tags_all" in values}
    assert {change.address for change in said} == taggable
    assert len(taggable) > 30
    reviewed("a tag on everything", made)


def test_another_range_of_the_vpc_says_that_it_replaces_the_cluster_and_all_in_it(
    plans: Plans, deployed: Offline, reviewed: Reviewed
) -> None:
    made = plans.of(BASE + "network: {cidr: 10.1.0.0/16}\n")
    replaced = {change.address for change in changes(made["training"]) if change.verb == "replace"}
    assert {"aws_vpc.network_vpc", "aws_eks_cluster.cluster"} <= replaced
    in_cluster = ("aws_eks_node_group.", "aws_eks_addon.", "aws_eks_pod_identity_association.")
    assert {address for address in deployed.cluster.state if address.startswith(in_cluster)} <= replaced
    reviewed("another range of the VPC", made)


@pytest.mark.parametrize(
    ("owner", "expected"),
    [("terraform", {"update aws_eks_node_group.nodes_gpu (scaling_config)"}), ("autoscaler", set())],
)
def test_only_its_owner_changes_the_desired_size(
    deployed: Offline, synth: Synth, reviewed: Reviewed, tmp_path: Path, owner: str, expected: set[str]
) -> None:
    owned = gpu(f"scaling_owner: {owner}")(BASE)
    with deployed.copy(tmp_path) as offline:
        offline.configure(synth(owned))
        succeeded(offline.cluster.apply())
        assert planned(offline.cluster) == []
        # Somebody asks for more in the layout ...
        offline.configure(synth(owned.replace("desired: 2, max: 4", "desired: 3, max: 4")))
        assert {str(change) for change in planned(offline.cluster)} == expected
        # ... or the size in AWS is another by now.
        offline.configure(synth(owned))
        ((key, running),) = [
            item for item in offline.account.resources.items() if item[0][1] == "training:gpu"
        ]
        assert key[0] == "aws_eks_node_group"
        running["scaling_config"][0]["desired_size"] = 4
        made = planned_json(offline.cluster)
        assert {str(change) for change in changes(made)} == expected
        reviewed(f"another size in AWS, owned by {owner}", {"training": made})


# Changes that have nothing to do with each other.
@pytest.mark.parametrize(
    "names",
    [
        ("a group less", "another reservation"),
        ("another AMI type", "no reservation any more"),
        ("no EFA any more", "a taint"),
    ],
    ids=" and ".join,
)
def test_a_change_can_be_applied_and_taken_back(
    deployed: Offline, synth: Synth, tmp_path: Path, names: tuple[str, ...]
) -> None:
    changed = BASE
    for name in names:
        changed = CHANGES[name][0](changed)
    with deployed.copy(tmp_path) as offline:
        addresses = {*offline.cluster.state, *offline.platform.state}
        same = [new.json == old.json for new, old in zip(synth(changed), synth(BASE), strict=True)]
        assert not all(same)
        for text in (changed, BASE):
            offline.configure(synth(text))
            for workspace, is_same in zip(offline.stacks, same, strict=True):
                if not is_same:
                    made = workspace.plan("-refresh=false")
                    assert not made.empty
                    succeeded(made.step)
                    succeeded(workspace.apply(made.file))
            for workspace in offline.stacks:
                again = workspace.plan()
                assert again.empty, again.step.text
        assert {*offline.cluster.state, *offline.platform.state} == addresses
