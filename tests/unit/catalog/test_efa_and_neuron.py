"""What EFA and Neuron software have to be told of a type, against numbers typed by hand from their documentation."""

import dataclasses

import pytest

from modules.catalog import InstanceType, efa_rdma, find, names, neuron_cores


def get(name: str) -> InstanceType:
    found = find(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "name",
    [
        "p4d.24xlarge",
        "p4de.24xlarge",
        "p5.48xlarge",
        "p5e.48xlarge",
        "p5en.48xlarge",
        "p6-b200.48xlarge",
        "p6-b300.48xlarge",
        "g7e.48xlarge",
        "trn1.32xlarge",
        "trn1n.32xlarge",
        "trn2.48xlarge",
    ],
)
def test_efa_reaches_the_accelerators_memory_on_the_types_for_training(name: str) -> None:
    assert efa_rdma(get(name))


@pytest.mark.parametrize(
    "name",
    [
        "p3dn.24xlarge",
        "g4dn.metal",
        "g5.48xlarge",
        "g6.48xlarge",
        "g6e.48xlarge",
        "p5.4xlarge",
        "g7e.8xlarge",
        "g7.48xlarge",
        "inf1.24xlarge",
        "c5n.18xlarge",
        "hpc7a.96xlarge",
    ],
)
def test_efa_without_rdma_is_known_since_libfabric_aborts_what_asks_for_it(name: str) -> None:
    assert get(name).supports_efa
    assert not efa_rdma(get(name))


def test_no_type_without_efa_has_rdma() -> None:
    assert not [name for name in names() if efa_rdma(get(name)) and not get(name).supports_efa]
    assert not efa_rdma(get("trn1.2xlarge"))


def test_the_generations_to_come_of_the_families_for_training_have_rdma() -> None:
    for name in ("p6e-gb200.36xlarge", "p7.48xlarge", "p10.48xlarge", "trn3.48xlarge"):
        assert efa_rdma(dataclasses.replace(get("p5.48xlarge"), name=name)), name


@pytest.mark.parametrize(
    ("name", "cores"),
    [
        ("trn1.2xlarge", 2),
        ("trn1.32xlarge", 32),
        ("trn1n.32xlarge", 32),
        ("trn2.3xlarge", 4),
        ("trn2.48xlarge", 64),
        ("inf2.xlarge", 2),
        ("inf2.48xlarge", 24),
        ("inf1.6xlarge", 16),
        ("inf1.24xlarge", 64),
        ("p5.48xlarge", 0),
        ("m7i.large", 0),
    ],
)
def test_neuron_cores_are_those_that_the_device_plugin_offers_by_default(name: str, cores: int) -> None:
    assert neuron_cores(get(name)) == cores


def test_every_neuron_type_of_the_catalogue_has_its_cores() -> None:
    assert all(neuron_cores(get(name)) >= get(name).neuron_devices for name in names())


def test_a_device_whose_cores_nobody_wrote_down_is_refused() -> None:
    trainium = get("trn1.32xlarge")
    assert trainium.accelerator is not None
    device = dataclasses.replace(trainium.accelerator, name="Trainium9")
    with pytest.raises(ValueError, match="how many NeuronCores a Trainium9 has"):
        neuron_cores(dataclasses.replace(trainium, accelerator=device))
