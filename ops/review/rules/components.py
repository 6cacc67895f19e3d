"""What each add-on and chart is to running pods: while it restarts, and when it is gone.

An EKS add-on and a chart of the same program are one entry. Sources beside what is not plain Kubernetes.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..rule import Level


@dataclass(frozen=True, slots=True)
class Component:
    """One program that a cluster needs.

    Args:
        update: what happens while another version of it is rolled out.
        gone: what happens without it.
        loss: how bad that is.
        risky: whether even a patch of it is worth a warning.
    """

    update: str
    gone: str
    loss: Level = "warn"
    risky: bool = False


_DRIVER = "Pods keep the volumes that they have; until its pods are back, no volume is mounted or unmounted, and pods that start wait."
_NO_DRIVER = "Pods keep the volumes that they have, but none that starts gets one: a job that loses a pod cannot go on."
_PLUGIN = "Containers keep the devices that they have. While the plugin restarts on a node, {0} are not offered there, and pods that start wait."
_NO_PLUGIN = "Containers keep the devices that they have, but no node offers {0} any more: no job starts, and one that loses a pod cannot go on."
_CONTROLLER = "Pods that run go on. While the controller restarts, nobody {0}."

_VPC_CNI = Component(
    # https://docs.aws.amazon.com/eks/latest/userguide/managing-vpc-cni.html
    "The pods' network goes on, but aws-node restarts on every node: meanwhile no pod there gets an address. A version that does not "
    "fit stops the start of all pods. AWS asks for one minor version at a time.",
    "No pod gets an address any more: none starts, on new nodes nothing at all, and these stay NotReady.",
    "stop",
    risky=True,
)
_COREDNS = Component(
    "Its pods are replaced one after the other; names may fail to resolve for seconds. Rendezvous that starts just then may time out.",
    "No name is resolved in the cluster: workers do not find each other, S3 or the FSx file system.",
    "stop",
)
_KUBE_PROXY = Component(
    "It restarts on every node. Connections that exist go on; new Services are unknown there for seconds.",
    "Services lead nowhere on new nodes, and stale on the others.",
    "stop",
)
_POD_IDENTITY = Component(
    # https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
    "It restarts on every node. Pods keep their credentials until these end; SDKs try again.",
    "Pods get no new AWS credentials: when those they have end, after hours at most, reads of data and writes of checkpoints to S3 fail.",
    "stop",
)
_EBS = Component(_DRIVER, _NO_DRIVER)
_EFA_PLUGIN = Component(_PLUGIN.format("EFA interfaces"), _NO_PLUGIN.format("EFA interfaces"), "stop")
_EFA_DRA = Component(
    # https://docs.aws.amazon.com/eks/latest/userguide/device-management-efa.html#efa-dra-driver
    "Containers keep the EFA interfaces that they have claimed. While the driver restarts on a node, pods with claims wait there.",
    "Containers keep the EFA interfaces that they have claimed, but no claim is met any more: no job starts, and one that loses a pod "
    "cannot go on. Another driver gives the same interfaces away a second time: end the jobs first.",
    "stop",
)
_GPU_PLUGIN = Component(_PLUGIN.format("GPUs"), _NO_PLUGIN.format("GPUs"), "stop")
_JOBS = _CONTROLLER.format("starts, restarts or finishes jobs")
_NO_JOBS = "Nobody starts, restarts or finishes its jobs any more: pods that run go on until the first one fails, and then the run hangs."
_LOAD_BALANCERS = Component(
    _CONTROLLER.format("registers new pods with load balancers"),
    "Load balancers stay as they are, with the targets that they have: pods that are replaced are not registered, and serving stops with the last "
    "old one. Load balancers that are deleted later stay in AWS and cost.",
    "stop",
)
_OBSERVABILITY = Component(
    "Logs and metrics have a gap of some seconds on each node.",
    "No logs and metrics of pods are kept any more.",
)

COMPONENTS: dict[str, Component] = {
    "vpc-cni": _VPC_CNI,
    "aws-vpc-cni": _VPC_CNI,
    "coredns": _COREDNS,
    "kube-proxy": _KUBE_PROXY,
    "eks-pod-identity-agent": _POD_IDENTITY,
    "aws-ebs-csi-driver": _EBS,
    "aws-efs-csi-driver": _EBS,
    "aws-fsx-csi-driver": _EBS,
    # https://github.com/awslabs/mountpoint-s3-csi-driver
    "aws-mountpoint-s3-csi-driver": Component(
        _DRIVER + " Mounts of version 1 of it, which live in systemd of the node, go on too.", _NO_DRIVER, risky=True
    ),
    "aws-efa-k8s-device-plugin": _EFA_PLUGIN,
    "aws-dranet": _EFA_DRA,
    "nvidia-device-plugin": _GPU_PLUGIN,
    "neuron-device-plugin": Component(
        _PLUGIN.format("Neuron devices"), _NO_PLUGIN.format("Neuron devices"), "stop"
    ),
    "neuron-helm-chart": Component(
        _PLUGIN.format("Neuron devices"), _NO_PLUGIN.format("Neuron devices"), "stop"
    ),
    # https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/gpu-driver-upgrades.html: only drivers that it
    # installs itself are its own; those of an AMI are not.
    "gpu-operator": Component(
        "It rolls its device plugin, toolkit and monitoring on every GPU node: jobs keep their GPUs, pods that start wait. Where it also installs "
        "the driver (driver.enabled), another driver evicts every pod with a GPU, node by node.",
        "GPUs are not offered any more: pods that run go on, no job starts, and one that loses a pod cannot go on. Where it installs the "
        "driver, that is unloaded.",
        "stop",
        risky=True,
    ),
    "node-feature-discovery": Component(
        _CONTROLLER.format("labels new nodes"), "New nodes get no labels: pods that select by them do not start there."
    ),
    "kubeflow-trainer": Component(_JOBS, _NO_JOBS, "stop"),
    "training-operator": Component(_JOBS, _NO_JOBS, "stop"),
    "mpi-operator": Component(_JOBS, _NO_JOBS, "stop"),
    "jobset": Component(_JOBS, _NO_JOBS, "stop"),
    "lws": Component(_JOBS, _NO_JOBS, "stop"),
    # The chart has the definitions of its objects among its templates, so they go with it, and all queues with them.
    "kueue": Component(
        _CONTROLLER.format("admits jobs from queues, and a job that is made just then may be refused by its webhook"),
        "The definitions of its queues go with the chart, and every queue with them. Jobs that wait stay suspended for good, and workloads "
        "with its finalizers can no longer be deleted.",
        "stop",
        risky=True,
    ),
    "karpenter": Component(
        _CONTROLLER.format("makes or removes nodes. Another version may find that nodes have drifted, and replace them"),
        "No node is made any more, and none removed: what it has made goes on and costs.",
        "stop",
        risky=True,
    ),
    "cluster-autoscaler": Component(
        _CONTROLLER.format("makes or removes nodes"),
        "Nodes are no longer made for jobs that wait, and idle ones stay and cost.",
    ),
    "aws-load-balancer-controller": _LOAD_BALANCERS,
    "amazon-cloudwatch-observability": _OBSERVABILITY,
    "kube-prometheus-stack": _OBSERVABILITY,
    "dcgm-exporter": _OBSERVABILITY,
    "metrics-server": Component(
        "HorizontalPodAutoscalers see nothing for a minute.", "HorizontalPodAutoscalers no longer scale.",
    ),
    "eks-node-monitoring-agent": Component(
        "Faults of a node are not seen for some seconds.",
        "Nodes with a faulty GPU or network card are no longer found and repaired.",
    ),
    "cert-manager": Component(
        _CONTROLLER.format("renews certificates"),
        "Certificates are no longer renewed: webhooks fail when theirs end.",
    ),
}  # fmt: skip
OTHER = Component(
    "Its pods are replaced; what depends on them waits meanwhile.",
    "What it does in the cluster is no longer done.",
)


def component(*names: object) -> Component:
    """What is known of a program by one of its names, such as a chart's and its release's."""
    for name in names:
        if isinstance(name, str):
            # `oci://registry/charts/kueue` and `kueue-0.14.1.tgz` are kueue.
            plain = name.rstrip("/").rpartition("/")[2].partition(":")[0].removesuffix(".tgz")
            if plain in COMPONENTS:
                return COMPONENTS[plain]
    return OTHER
