"""What the API tells, page by page, once for each kind; and what is said where it does not."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from ops.checking.check import UnaskedError
from ops.verify.cluster import Cluster, UnreachedError
from tests.kubernetes_api.objects import helm_secret, metadata
from tests.kubernetes_api.server import TOKEN, USER, Api, ByUrl, cluster_of, serving
from tests.kubernetes_api.world import Object


@pytest.fixture
def api() -> Iterator[Api]:
    with serving(Api()) as served:
        yield served


def _nodes(count: int) -> list[Object]:
    return [
        {"apiVersion": "v1", "kind": "Node", "metadata": metadata(f"n{number}")} for number in range(count)
    ]


def test_all_pages_of_a_list_are_read(api: Api) -> None:
    api.world.nodes.extend(_nodes(1001))
    assert [one["metadata"]["name"] for one in cluster_of(api).nodes()] == [
        f"n{number}" for number in range(1001)
    ]
    assert len(api.asked) == 3
    assert all("limit=500" in path for path in api.asked)


def test_kind_is_listed_once_whoever_asks(api: Api) -> None:
    api.world.nodes.extend(_nodes(2))
    cluster = cluster_of(api)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: len(cluster.nodes()), range(8)))
    assert found == [2] * 8
    assert len(api.asked) == 1


def test_refresh_asks_again(api: Api) -> None:
    cluster = cluster_of(api)
    assert cluster.nodes() == []
    api.world.nodes.extend(_nodes(1))
    assert cluster.nodes() == []
    cluster.refresh()
    assert len(cluster.nodes()) == 1


def test_error_is_asked_again_after_refresh(api: Api) -> None:
    api.refused["nodes"] = 403
    cluster = cluster_of(api)
    with pytest.raises(UnaskedError):
        cluster.nodes()
    api.refused.clear()
    cluster.refresh()
    assert cluster.nodes() == []


def test_credentials_are_renewed_before_they_end(api: Api) -> None:
    made = []
    now = [0.0]

    class Counting(ByUrl):
        def client(self) -> object:
            made.append(now[0])
            return super().client()

    cluster = Cluster(Counting(api.url), clock=lambda: now[0])
    for minute in range(30):
        now[0] = minute * 60.0
        cluster.refresh()
        cluster.nodes()
    gaps = [later - earlier for earlier, later in zip(made, [*made[1:], now[0]], strict=True)]
    assert len(made) == 3
    assert max(gaps) < 14 * 60


def test_helm_secrets_are_those_of_releases_only(api: Api) -> None:
    other = {**helm_secret("other", "default", "other", "1.0.0"), "type": "Opaque"}
    foreign = helm_secret("foreign", "default", "foreign", "1.0.0")
    foreign["metadata"]["labels"]["owner"] = "somebody"
    api.world.secrets.extend([helm_secret("kueue", "kueue-system", "kueue", "0.19.2"), other, foreign])
    assert [one["metadata"]["labels"]["name"] for one in cluster_of(api).helm_secrets()] == ["kueue"]


def test_endpoint_slices_are_those_of_a_namespace(api: Api) -> None:
    for place in ("kube-system", "default"):
        api.world.endpoint_slices.append({"kind": "EndpointSlice", "metadata": metadata("one", place)})
    (found,) = cluster_of(api).endpoint_slices("kube-system")
    assert found["metadata"]["namespace"] == "kube-system"


def test_custom_objects_are_listed_by_their_group(api: Api) -> None:
    policy = {"apiVersion": "nvidia.com/v1", "kind": "ClusterPolicy", "metadata": metadata("cluster-policy")}
    api.world.kinds["nvidia.com/v1/clusterpolicies"] = [policy]
    (found,) = cluster_of(api).objects("nvidia.com", "v1", "clusterpolicies")
    assert (found["kind"], found["metadata"]["name"]) == ("ClusterPolicy", "cluster-policy")


def test_kind_that_the_cluster_does_not_know_has_no_objects(api: Api) -> None:
    assert cluster_of(api).objects("kubeflow.org", "v2beta1", "mpijobs") == []


def test_denial_names_what_may_not_be_listed_and_who_allows_it(api: Api) -> None:
    api.refused["deployments"] = 403
    with pytest.raises(UnaskedError) as caught:
        cluster_of(api).deployments()
    assert caught.value.reason == (
        f'listing deployments.apps is not allowed: deployments is forbidden: User "{USER}" cannot list resource "deployments" '
        'in API group "apps" at the cluster scope. AmazonEKSAdminViewPolicy, in `cluster.access_entries`, allows it'
    )
    assert caught.value.action is None, "no IAM permission helps"
    assert cluster_of(api).nodes() == [], "the others are not denied"


def test_wrong_credentials_are_told_by_the_way_that_was_taken(api: Api) -> None:
    cluster = Cluster(ByUrl(api.url, f"not-{TOKEN}", "the cluster does not know this one"))
    with pytest.raises(UnaskedError, match=r"^the cluster does not know this one$"):
        cluster.version()


def test_overloaded_api_is_asked_a_second_time(api: Api) -> None:
    api.refused["nodes"] = 503
    with pytest.raises(UnreachedError, match="answers nodes with 503 the server is currently unable"):
        cluster_of(api).nodes()
    assert len(api.asked) == 2


@pytest.mark.parametrize("private", [True, False])
def test_unreachable_api_is_no_wrong_cluster(private: bool) -> None:
    cluster = Cluster(ByUrl("http://127.0.0.1:9"), private=private)
    with pytest.raises(
        UnreachedError, match=r"cannot be reached: \[Errno \d+\] Connection refused"
    ) as caught:
        cluster.nodes()
    assert ("in the VPC only" in caught.value.reason) is private


def test_proxy_that_answers_with_a_page_is_no_cluster(api: Api) -> None:
    with (
        serving(replace(api, page="<html>log in</html>")) as proxy,
        pytest.raises(UnreachedError, match="what answers is no Kubernetes API"),
    ):
        cluster_of(proxy).nodes()


def test_revisions_of_helm_that_newer_ones_replaced_are_not_transferred(api: Api) -> None:
    kinds = {1: "superseded", 2: "deployed", 3: "failed"}
    api.world.secrets.extend(
        helm_secret("kueue", "kueue-system", "kueue", "0.19.2", status=status, revision=number)
        for number, status in kinds.items()
    )
    found = [one["metadata"]["labels"]["version"] for one in cluster_of(api).helm_secrets()]
    assert found == ["2", "3"]


def test_who_has_set_which_field_is_not_kept(api: Api) -> None:
    api.world.nodes.extend(_nodes(1))
    assert "managedFields" not in cluster_of(api).nodes()[0]["metadata"]
