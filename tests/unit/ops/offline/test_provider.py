"""The stand-in for a provider, asked as Terraform asks."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ops.offline import overlay
from ops.offline.account import Account
from ops.offline.overlay import Overlay
from ops.offline.protocol import ERROR, NESTING, Message, message
from ops.offline.provider import Fault, Operation, Provider
from ops.offline.schema import SchemaError
from ops.offline.values import UNKNOWN, Dynamic, decode, empty, encode

GROUP = "aws_cloudwatch_log_group"
VPC = "aws_vpc"


class Terraform:
    """Asks one provider in the order in which Terraform does."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    def config(self, kind: str, **given: Any) -> dict[str, Any]:
        body = self.provider.body("resource", kind)
        assert body is not None
        return {**empty(body), **given}

    def plan(
        self, kind: str, config: dict[str, Any] | None, prior: dict[str, Any] | None = None
    ) -> tuple[Any, Message]:
        body = self.provider.body("resource", kind)
        assert body is not None
        proposed = config
        if config is not None and prior is not None:
            kept = {n: prior[n] for n, one in body.attributes.items() if one.computed and config[n] is None}
            proposed = {**config, **kept}
        response = self.provider.plan_resource_change(
            message(
                "PlanResourceChangeRequest",
                type_name=kind,
                prior_state=dynamic(prior),
                proposed_new_state=dynamic(proposed),
                config=dynamic(config),
            )
        )
        return decode(response.planned_state.msgpack), response

    def apply(
        self, kind: str, planned: dict[str, Any] | None, prior: dict[str, Any] | None = None
    ) -> tuple[Any, list[str]]:
        response = self.provider.apply_resource_change(
            message(
                "ApplyResourceChangeRequest",
                type_name=kind,
                prior_state=dynamic(prior),
                planned_state=dynamic(planned),
                config=dynamic(planned),
            )
        )
        return decode(response.new_state.msgpack), [one.detail for one in response.diagnostics]

    def made(self, kind: str, **given: Any) -> dict[str, Any]:
        planned, _ = self.plan(kind, self.config(kind, **given))
        state, errors = self.apply(kind, planned)
        assert errors == []
        assert isinstance(state, dict)
        return state

    def read(self, kind: str, state: dict[str, Any]) -> Any:
        response = self.provider.read_resource(
            message(
                "ReadResourceRequest",
                type_name=kind,
                current_state=dynamic(state),
                private=str(state["id"]).encode(),
            )
        )
        assert response.private == str(state["id"]).encode()
        return decode(response.new_state.msgpack)


def dynamic(value: Any) -> Message:
    return message("DynamicValue", msgpack=encode(value))


def replaced(response: Message) -> list[list[str | int]]:
    return [
        [s.element_key_int if s.HasField("element_key_int") else s.attribute_name for s in path.steps]
        for path in response.requires_replace
    ]


@pytest.fixture
def provider() -> Provider:
    made = Provider("aws", Account())
    made.serve_types([GROUP, VPC, "aws_subnet", "aws_launch_template"], ["aws_availability_zones", "aws_vpc"])
    return made


@pytest.fixture
def terraform(provider: Provider) -> Terraform:
    return Terraform(provider)


def configure(provider: Provider, **config: Any) -> list[str]:
    response = provider.configure_provider(message("ConfigureProviderRequest", config=dynamic(config)))
    return [one.detail for one in response.diagnostics]


# Schema


def test_only_what_was_told_of_is_in_the_schema(provider: Provider) -> None:
    schema = provider.get_provider_schema(message("GetProviderSchemaRequest"))
    resources = {entry.key: entry.value for entry in schema.resource_schemas}
    assert sorted(resources) == [GROUP, "aws_launch_template", "aws_subnet", VPC]
    assert sorted(entry.key for entry in schema.data_source_schemas) == ["aws_availability_zones", "aws_vpc"]
    assert schema.provider.block.attributes
    name = next(one for one in resources[GROUP].block.attributes if one.name == "name")
    assert (name.type, name.optional, name.computed, name.required) == (b'"string"', True, True, False)


def test_a_type_told_of_later_comes_into_the_schema(provider: Provider) -> None:
    def served() -> set[str]:
        found = provider.get_provider_schema(message("GetProviderSchemaRequest"))
        return {entry.key for entry in (*found.resource_schemas, *found.data_source_schemas)}

    before = served()
    provider.serve_types(["aws_kms_key"], [])
    assert served() - before == {"aws_kms_key"}
    provider.serve_types([], ["aws_partition"])
    assert served() - before == {"aws_kms_key", "aws_partition"}


def test_a_schema_is_made_once(provider: Provider) -> None:
    request = message("GetProviderSchemaRequest")
    first = provider.get_provider_schema(request)
    provider.serve_types([VPC], ["aws_vpc"])  # nothing new
    assert provider.get_provider_schema(request) is first


def test_blocks_say_how_they_nest_and_how_many_there_can_be(provider: Provider) -> None:
    schema = provider.get_provider_schema(message("GetProviderSchemaRequest"))
    template = next(one.value for one in schema.resource_schemas if one.key == "aws_launch_template")
    blocks = {block.type_name: block for block in template.block.block_types}
    options, mappings = blocks["metadata_options"], blocks["block_device_mappings"]
    assert (options.nesting, options.min_items, options.max_items) == (NESTING["list"], 0, 1)
    assert (mappings.nesting, mappings.max_items) == (NESTING["list"], 0)
    assert [inner.type_name for inner in mappings.block.block_types] == ["ebs"]


def test_secrets_are_marked_also_inside_nested_attributes() -> None:
    helm = Provider("helm", Account())
    helm.serve_types(["helm_release"], [])
    (entry,) = helm.get_provider_schema(message("GetProviderSchemaRequest")).resource_schemas
    attributes = {one.name: one for one in entry.value.block.attributes}
    assert attributes["repository_password"].sensitive
    assert not attributes["repository_username"].sensitive
    members = {one.name: one for one in attributes["set_sensitive"].nested_type.attributes}
    assert members["value"].sensitive
    assert not members["name"].sensitive
    assert not any(one.sensitive for one in attributes["set"].nested_type.attributes)
    assert not attributes["set"].HasField("type")


def test_a_secret_in_a_block_is_marked_there_and_nowhere_else(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = Overlay(sensitive=frozenset({"block_device_mappings.0.ebs.0.kms_key_id"}))
    monkeypatch.setattr(overlay, "of", lambda _type_name, _flavor: secret)
    schema = provider.get_provider_schema(message("GetProviderSchemaRequest"))
    template = next(one.value for one in schema.resource_schemas if one.key == "aws_launch_template")

    def marked(block: Message, path: str) -> set[str]:
        inner = [marked(one.block, f"{path}{one.type_name}.0.") for one in block.block_types]
        return {f"{path}{one.name}" for one in block.attributes if one.sensitive}.union(*inner)

    assert marked(template.block, "") == secret.sensitive


def test_a_type_that_the_package_does_not_have_is_refused(provider: Provider) -> None:
    with pytest.raises(SchemaError, match="aws_vpcs"):
        provider.serve_types(["aws_vpcs"], [])


def test_the_body_of_a_type_is_found_by_kind(provider: Provider) -> None:
    resource, data = provider.body("resource", VPC), provider.body("data", VPC)
    assert resource is not None
    assert data is not None
    assert "enable_dns_support" in resource.attributes
    assert data.attributes["enable_dns_support"].computed
    assert provider.body("resource", "aws_partition") is None
    settings = provider.body("provider", "aws")
    assert settings is not None
    assert "default_tags" in settings.blocks


# Configuration


def test_another_region_is_refused(provider: Provider) -> None:
    (told,) = configure(provider, region="eu-west-1")
    assert "us-west-2" in told
    assert "eu-west-1" in told


@pytest.mark.parametrize("region", ["us-west-2", None, UNKNOWN])
def test_the_accounts_region_and_one_that_is_not_known_are_taken(provider: Provider, region: Any) -> None:
    assert configure(provider, region=region) == []


@pytest.mark.parametrize(
    ("name", "region", "refused"),
    [("aws", "us-wset-2", True), ("aws", "eu-west-1", False), ("aws", UNKNOWN, False), ("helm", None, False)],
)
def test_a_region_that_there_is_not_is_no_configuration(name: str, region: Any, refused: bool) -> None:
    config = dynamic({"region": region})
    response = Provider(name, Account()).validate_provider_config(
        message("ValidateProviderConfigRequest", config=config)
    )
    assert [[s.attribute_name for s in one.attribute.steps] for one in response.diagnostics] == (
        [["region"]] if refused else []
    )


def test_default_tags_lie_below_those_of_a_resource(provider: Provider, terraform: Terraform) -> None:
    configure(provider, default_tags=[{"tags": {"team": "ml", "env": "dev"}}])
    planned, _ = terraform.plan(VPC, terraform.config(VPC, cidr_block="10.0.0.0/16", tags={"env": "prod"}))
    assert planned["tags_all"] == {"team": "ml", "env": "prod"}
    assert planned["tags"] == {"env": "prod"}
    configure(provider, default_tags=[])
    planned, _ = terraform.plan(VPC, terraform.config(VPC, cidr_block="10.0.0.0/16", tags={"env": "prod"}))
    assert planned["tags_all"] == {"env": "prod"}


def test_tags_that_are_not_known_yet_make_all_tags_unknown(terraform: Terraform) -> None:
    planned, _ = terraform.plan(VPC, terraform.config(VPC, cidr_block="10.0.0.0/16", tags=UNKNOWN))
    assert planned["tags_all"] is UNKNOWN


def test_no_tags_are_unknown_on_creation_only(terraform: Terraform) -> None:
    config = terraform.config(VPC, cidr_block="10.0.0.0/16")
    assert terraform.plan(VPC, config)[0]["tags_all"] is UNKNOWN
    assert terraform.plan(VPC, config, terraform.made(VPC, cidr_block="10.0.0.0/16"))[0]["tags_all"] == {}


# The life of a resource


def test_what_is_planned_is_made_with_nothing_unknown(provider: Provider, terraform: Terraform) -> None:
    planned, response = terraform.plan(GROUP, terraform.config(GROUP, name="/aws/eks/x", retention_in_days=7))
    assert planned["id"] is UNKNOWN
    assert planned["region"] == "us-west-2"
    assert response.legacy_type_system
    assert replaced(response) == []
    state, errors = terraform.apply(GROUP, planned)
    assert errors == []
    assert state["id"] == state["name"] == "/aws/eks/x"
    assert state["arn"] == "arn:aws:logs:us-west-2:123456789012:log-group:/aws/eks/x"
    assert provider.account.resources == {(GROUP, "/aws/eks/x"): state}
    assert terraform.read(GROUP, state) == state


def test_a_second_plan_is_empty(terraform: Terraform) -> None:
    state = terraform.made(VPC, cidr_block="10.0.0.0/16", tags={"a": "b"})
    planned, response = terraform.plan(
        VPC, terraform.config(VPC, cidr_block="10.0.0.0/16", tags={"a": "b"}), state
    )
    assert planned == state
    assert replaced(response) == []


def test_a_change_is_made_in_place_and_seen_by_the_next_read(terraform: Terraform) -> None:
    state = terraform.made(GROUP, name="g", retention_in_days=7)
    planned, response = terraform.plan(GROUP, terraform.config(GROUP, name="g", retention_in_days=30), state)
    assert replaced(response) == []
    changed, errors = terraform.apply(GROUP, planned, state)
    assert errors == []
    assert changed == {**state, "retention_in_days": 30}
    assert terraform.read(GROUP, state) == changed


def test_a_change_that_replaces_says_which_argument_is_the_reason(terraform: Terraform) -> None:
    state = terraform.made(VPC, cidr_block="10.0.0.0/16")
    _, response = terraform.plan(VPC, terraform.config(VPC, cidr_block="10.1.0.0/16"), state)
    assert replaced(response) == [["cidr_block"]]


def test_what_is_destroyed_is_gone(provider: Provider, terraform: Terraform) -> None:
    state = terraform.made(GROUP, name="g")
    planned, response = terraform.plan(GROUP, None, state)
    assert planned is None
    assert not response.diagnostics
    assert terraform.apply(GROUP, None, state) == (None, [])
    assert provider.account.resources == {}
    assert terraform.read(GROUP, state) is None


def test_what_somebody_changed_outside_terraform_is_read(provider: Provider, terraform: Terraform) -> None:
    state = terraform.made(GROUP, name="g", retention_in_days=7)
    provider.account.resources[GROUP, "g"]["retention_in_days"] = 1
    assert terraform.read(GROUP, state)["retention_in_days"] == 1


def test_what_aws_refuses_is_not_made(provider: Provider, terraform: Terraform) -> None:
    config = terraform.config("aws_subnet", vpc_id="vpc-0123456789abcdef0", cidr_block="10.0.0.0/20")
    planned, _ = terraform.plan("aws_subnet", config)
    state, errors = terraform.apply("aws_subnet", planned)
    assert state is None
    assert "vpc-0123456789abcdef0" in errors[0]
    assert provider.account.resources == {}
    assert provider.defects == []


# Faults


def at(action: str, fault: Fault) -> Callable[[Operation], Fault | None]:
    return lambda operation: fault if operation.action == action else None


def test_a_fault_names_the_resource_that_it_is_about(provider: Provider, terraform: Terraform) -> None:
    seen: list[Operation] = []

    def watch(operation: Operation) -> None:
        seen.append(operation)

    provider.faults = watch
    state = terraform.made(GROUP, name="g")
    terraform.apply(GROUP, {**state, "retention_in_days": 1}, state)
    terraform.apply(GROUP, None, state)
    assert [(one.action, one.type_name, one.id) for one in seen] == [
        (action, GROUP, "g") for action in ("create", "update", "delete")
    ]
    assert seen[1].values["retention_in_days"] == 1


def test_a_creation_that_fails_leaves_nothing(provider: Provider, terraform: Terraform) -> None:
    provider.faults = at("create", Fault("InsufficientInstanceCapacity"))
    planned, _ = terraform.plan(GROUP, terraform.config(GROUP, name="g"))
    assert terraform.apply(GROUP, planned) == (None, ["InsufficientInstanceCapacity"])
    assert provider.account.resources == {}


def test_a_creation_that_fails_half_way_leaves_a_thing_that_terraform_knows(
    provider: Provider, terraform: Terraform
) -> None:
    provider.faults = at("create", Fault("timeout", made=True))
    planned, _ = terraform.plan(GROUP, terraform.config(GROUP, name="g"))
    state, errors = terraform.apply(GROUP, planned)
    assert errors == ["timeout"]
    assert state["id"] == "g"
    assert provider.account.resources[GROUP, "g"] == state


def test_a_change_and_a_deletion_that_fail_leave_what_was_there(
    provider: Provider, terraform: Terraform
) -> None:
    state = terraform.made(GROUP, name="g", retention_in_days=7)
    provider.faults = lambda _operation: Fault("throttled")
    assert terraform.apply(GROUP, {**state, "retention_in_days": 1}, state) == (state, ["throttled"])
    assert terraform.apply(GROUP, None, state) == (state, ["throttled"])
    assert provider.account.resources[GROUP, "g"] == state


# Import, state, data


def imported(provider: Provider, id: str) -> Message:
    return provider.import_resource_state(message("ImportResourceStateRequest", type_name=GROUP, id=id))


def test_what_is_there_can_be_imported(provider: Provider, terraform: Terraform) -> None:
    state = terraform.made(GROUP, name="g", retention_in_days=7)
    (found,) = imported(provider, "g").imported_resources
    assert found.type_name == GROUP
    stub = decode(found.state.msgpack)
    assert stub == {**terraform.config(GROUP), "id": "g"}
    assert terraform.read(GROUP, stub) == state


def test_what_is_not_there_cannot_be_imported(provider: Provider) -> None:
    response = imported(provider, "none")
    assert not response.imported_resources
    assert "none" in response.diagnostics[0].detail


def test_state_is_read_with_the_schema_of_today(provider: Provider, terraform: Terraform) -> None:
    kept = json.dumps({"id": "g", "name": "g", "gone": 1}).encode()
    response = provider.upgrade_resource_state(
        message("UpgradeResourceStateRequest", type_name=GROUP, raw_state=message("RawState", json=kept))
    )
    assert decode(response.upgraded_state.msgpack) == terraform.config(GROUP, id="g", name="g")


def read_data(provider: Provider, kind: str, **given: Any) -> Message:
    body = provider.body("data", kind)
    assert body is not None
    config = dynamic({**empty(body), **given})
    return provider.read_data_source(message("ReadDataSourceRequest", type_name=kind, config=config))


def test_a_data_source_tells_what_the_account_answers(provider: Provider) -> None:
    found = decode(read_data(provider, "aws_availability_zones").state.msgpack)
    assert found["names"] == [f"us-west-2{letter}" for letter in "abcd"]
    assert UNKNOWN not in found.values()
    assert found["exclude_names"] is None


def test_a_data_source_that_finds_nothing_says_so(provider: Provider) -> None:
    response = read_data(provider, "aws_vpc", id="vpc-0123456789abcdef0")
    assert response.diagnostics[0].severity == ERROR
    assert not response.HasField("state")
    assert provider.defects == []


# Checks and defects


def test_arguments_that_the_provider_refuses_are_named_with_their_place(
    provider: Provider, terraform: Terraform
) -> None:
    config = terraform.config(GROUP, name="g", retention_in_days=8)
    response = provider.validate_resource_config(
        message("ValidateResourceConfigRequest", type_name=GROUP, config=dynamic(config))
    )
    (told,) = response.diagnostics
    assert [step.attribute_name for step in told.attribute.steps] == ["retention_in_days"]
    assert "8" in told.detail


def test_arguments_that_will_do_are_taken(provider: Provider, terraform: Terraform) -> None:
    config = terraform.config(GROUP, name=UNKNOWN, retention_in_days=7)
    response = provider.validate_resource_config(
        message("ValidateResourceConfigRequest", type_name=GROUP, config=dynamic(config))
    )
    assert not response.diagnostics


def test_a_data_source_takes_no_attribute_that_only_the_provider_sets(provider: Provider) -> None:
    body = provider.body("data", "aws_vpc")
    assert body is not None
    config = dynamic({**empty(body), "arn": "arn:aws:ec2:us-west-2:123456789012:vpc/vpc-1"})
    response = provider.validate_data_resource_config(
        message("ValidateDataResourceConfigRequest", type_name="aws_vpc", config=config)
    )
    assert [step.attribute_name for step in response.diagnostics[0].attribute.steps] == ["arn"]


def test_a_defect_of_the_stand_in_is_told_to_terraform_and_kept(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_kind: str, _config: Any) -> Any:
        raise ZeroDivisionError("broken on purpose")

    monkeypatch.setattr(provider.account, "read", broken)
    response = read_data(provider, "aws_availability_zones")
    assert "broken on purpose" in response.diagnostics[0].detail
    assert response.diagnostics[0].severity == ERROR
    assert ["broken on purpose" in told for told in provider.defects] == [True]


def test_a_type_that_nobody_told_of_is_a_defect(provider: Provider) -> None:
    request = message("ValidateResourceConfigRequest", type_name="aws_kms_key", config=dynamic({}))
    assert provider.validate_resource_config(request).diagnostics
    assert len(provider.defects) == 1


def test_a_data_source_is_never_asked_with_something_unknown(provider: Provider) -> None:
    assert read_data(provider, "aws_vpc", id=UNKNOWN).diagnostics
    assert "core has asked" in provider.defects[0]


def test_every_method_that_is_not_served_by_schema_answers(provider: Provider) -> None:
    assert provider.methods["StopProvider"](message("StopProviderRequest")).Error == ""
    assert not provider.methods["ValidateProviderConfig"](
        message("ValidateProviderConfigRequest")
    ).diagnostics


def test_values_of_helm_are_held_to_what_is_configured() -> None:
    helm = Provider("helm", Account())
    helm.serve_types(["helm_release"], [])
    terraform = Terraform(helm)
    planned, response = terraform.plan("helm_release", terraform.config("helm_release", name="r", chart="c"))
    assert not response.legacy_type_system
    assert planned["namespace"] == "default"
    assert "region" not in planned


def test_what_a_data_source_does_not_show_is_said_in_its_schema() -> None:
    provider = Provider("aws", Account())
    provider.serve_types([], ["aws_ssm_parameter"])
    (entry,) = provider.get_provider_schema(message("GetProviderSchemaRequest")).data_source_schemas
    shown = {one.name: not one.sensitive for one in entry.value.block.attributes}
    assert (shown["value"], shown["insecure_value"]) == (False, True)


TRAIN_JOB = {"apiVersion": "trainer.kubeflow.org/v1alpha1", "kind": "TrainJob", "metadata": {"name": "a"}}


@pytest.mark.parametrize("chart", ["kubeflow-trainer", None])
def test_a_manifest_of_a_kind_that_there_is_not_cannot_be_planned(chart: str | None) -> None:
    account = Account(clusters_assumed=False)
    account.created("aws_eks_cluster", {"id": "demo", "name": "demo"})
    if chart:
        account.created("helm_release", {"id": chart, "chart": chart})
    provider = Provider("kubernetes", account)
    provider.serve_types(["kubernetes_manifest"], [])
    terraform = Terraform(provider)
    kinds = ["object", {"apiVersion": "string", "kind": "string", "metadata": ["object", {"name": "string"}]}]
    config = terraform.config("kubernetes_manifest", manifest=Dynamic(kinds, TRAIN_JOB))
    planned, response = terraform.plan("kubernetes_manifest", config)
    told = [one.summary for one in response.diagnostics]
    assert told == (
        [] if chart else ["API did not recognize GroupVersionKind from manifest (CRD may not be installed)"]
    )
    assert planned["object"] == Dynamic(kinds, TRAIN_JOB)
    # Terraform holds the provider to its word here.
    assert not response.legacy_type_system


def test_what_was_waited_for_in_vain_is_there_all_the_same() -> None:
    account = Account(clusters_assumed=False)
    account.created("aws_eks_cluster", {"id": "demo", "name": "demo"})
    provider = Provider("kubernetes", account)
    provider.serve_types(["kubernetes_ingress_v1"], [])
    terraform = Terraform(provider)
    metadata = {
        **dict.fromkeys(("annotations", "generate_name", "labels")),
        "name": "a",
        "namespace": "default",
    }
    unknown = dict.fromkeys(("generation", "resource_version", "uid"))
    config = terraform.config(
        "kubernetes_ingress_v1", metadata=[{**metadata, **unknown}], wait_for_load_balancer=True
    )
    planned, _ = terraform.plan("kubernetes_ingress_v1", config)
    made, errors = terraform.apply("kubernetes_ingress_v1", planned)
    assert errors == ["Load Balancer is not ready yet"]
    assert made["id"] == "default/a"
    assert account.get("kubernetes_ingress_v1", "default/a") == made
