"""NeuronCores: what a program on Trainium or Inferentia counts, one process to each."""

from __future__ import annotations

from .instance_types import InstanceType

# NeuronCores of one device: NeuronInfo.NeuronDevices[].CoreInfo.Count of EC2 DescribeInstanceTypes.
# A Trainium2 has eight, which its software joins two by two unless told otherwise (LNC=2):
# https://awsdocs-neuron.readthedocs-hosted.com/en/latest/about-neuron/arch/neuron-features/logical-neuroncore-config.html
_CORES = {"Inferentia": 4, "Inferentia2": 2, "Trainium": 2, "Trainium2": 4}


def neuron_cores(instance_type: InstanceType) -> int:
    """Logical NeuronCores of a node, in the default configuration; 0 for a type without Neuron devices.

    It is what the node offers as `aws.amazon.com/neuroncore`, and how many processes torchrun starts on a node:
    32 on trn1.32xlarge, 64 on trn2.48xlarge. NEURON_LOGICAL_NC_CONFIG=1 doubles it on Trainium2.

    Raises:
        ValueError: the number of cores of the type's device is not known here.
    """
    devices = instance_type.neuron_devices
    if not devices or instance_type.accelerator is None:
        return 0
    device = instance_type.accelerator.name
    if device not in _CORES:
        raise ValueError(f"{instance_type.name}: how many NeuronCores a {device} has is not in the catalogue")
    return devices * _CORES[device]
