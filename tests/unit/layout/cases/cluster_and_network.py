"""Cases of the rules about network, control plane, Kubernetes, releases, variables and the whole layout."""

from __future__ import annotations

from . import EXISTING, Case, existing, here, new

ALL_ENDPOINTS = "[ec2, ecr.api, ecr.dkr, eks-auth, sts]"
ROLE = "arn:aws:iam::123456789012:role/admin"
KEY = "arn:aws:kms:us-west-2:123456789012:key/11111111-2222-3333-4444-555555555555"
GPU = """
gpu:
  instance_type: g5.48xlarge
  size: {min: 0, desired: 2, max: 4}
"""
# A job on nodes whose EFA devices are claimed; `%s` is kueue's release.
CLAIMED = """
cluster: {efa_driver: dra}
workloads: {training: {llama: {kind: indexed_job, image: "a/b:1", node_group: gpu}}}
helm_releases:
  kueue: %s
"""


def mapped(name: str) -> str:
    """kueue with a configuration that counts EFA devices by a name."""
    mapping = f"{{name: {name}, deviceClassNames: [efa.networking.k8s.aws]}}"
    config = f"resources: {{deviceClassMappings: [{mapping}]}}"
    return f"{{values: {{managerConfig: {{controllerManagerConfigYaml: '{config}'}}}}}}"


SUBNETS = "  private_subnet_ids: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]\n"


def network(text: str) -> str:
    return new(top=f"network: {{{text}}}\n")


def cluster(text: str) -> str:
    return new(top=f"cluster: {{{text}}}\n")


def labelled(text: str) -> str:
    return new(f"more:\n  instance_type: m5.large\n  size: {{desired: 1}}\n  {text}\n")


CASES = (
    Case(
        "vpc-without-subnets",
        EXISTING.replace(SUBNETS, "").replace("network:", "network: # here"),
        "network.private_subnet_ids",
        "its private subnets are not named",
        "var.private_subnet_ids",
        EXISTING.replace(SUBNETS, "  private_subnet_ids: var.private_subnet_ids\n"),
    ),
    Case(
        "unknown-region",
        new().replace("region: us-west-2", "region: us-wets-2 # here"),
        "region",
        "no region 'us-wets-2'",
        "Did you mean us-west-2?",
        new().replace("region: us-west-2", "region: eu-central-1"),
    ),
    Case(
        "unknown-region",
        new(top="backend: {type: s3, bucket: states, region: ab-nowhere-1} # here"),
        "backend.region",
        "no region 'ab-nowhere-1'",
        "Did you mean ap-northeast-1?",
        new(top="backend: {type: s3, bucket: states, region: us-gov-west-1}\n"),
    ),
    Case(
        "duplicate-endpoint",
        here(network("interface_endpoints: [ecr.api, ecr-api]")),
        "network.interface_endpoints[1]",
        "no service 'ecr-api'",
        "Write ecr.api.",
        network("interface_endpoints: [ecr.api, eks-auth]"),
    ),
    Case(
        "too-few-subnets",
        EXISTING.replace(SUBNETS, "  private_subnet_ids: [subnet-0123456789abcdef0] # here\n"),
        "network.private_subnet_ids",
        "1 private subnet(s)",
        "another zone",
        EXISTING,
    ),
    Case(
        "subnets-without-vpc",
        EXISTING.replace("  vpc_id: vpc-0123456789abcdef0\n", "").replace("def1]", "def1] # here"),
        "network.private_subnet_ids",
        "but no VPC",
        "vpc_id: vpc-",
        EXISTING,
    ),
    Case(
        "new-vpc-key",
        EXISTING.replace("network:\n", "network:\n  nat_gateway: single # here\n"),
        "network.nat_gateway",
        "vpc_id names one that exists",
        "`nat_gateway: null`",
        EXISTING.replace("network:\n", "network:\n  nat_gateway: null\n"),
    ),
    Case(
        "zones-and-count",
        here(network("availability_zones: [us-west-2a, us-west-2b], zone_count: 2")),
        "network.zone_count",
        "names 2 zone(s) already",
        "Keep availability_zones",
        network("availability_zones: [us-west-2a, us-west-2b]"),
    ),
    Case(
        "zone-count",
        here(network("availability_zones: [us-west-2a]")),
        "network.availability_zones",
        "1 zone(s)",
        "a second zone",
        network("availability_zones: [us-west-2a, us-west-2b]"),
    ),
    Case(
        "zone-count",
        here(network("availability_zones: [us-west-2a, us-west-2a]")),
        "network.availability_zones[0]",
        "2 times",
        "once",
        network("availability_zones: [us-west-2a, var.zone]"),
    ),
    Case(
        "local-zone",
        here(network("availability_zones: [us-west-2a, us-west-2-lax-1a]")),
        "network.availability_zones[1]",
        "is a Local Zone",
        "us-west-2a",
        network("availability_zones: [us-west-2a, us-west-2b]"),
    ),
    Case(
        "private-with-nat",
        here(network("fully_private: true, nat_gateway: per_zone")),
        "network.nat_gateway",
        "this says per_zone",
        "remove fully_private",
        network("fully_private: true, nat_gateway: none"),
    ),
    Case(
        "no-way-out",
        here(network("nat_gateway: none, interface_endpoints: [ec2, ecr.api, ecr.dkr, eks-auth]")),
        "network.nat_gateway",
        "nodes reach no sts",
        "fully_private: true",
        network(f"nat_gateway: none, interface_endpoints: {ALL_ENDPOINTS}"),
    ),
    Case(
        "no-way-out",
        here(network("fully_private: true, s3_gateway_endpoint: false")),
        "network.s3_gateway_endpoint",
        "layers of images",
        "it costs nothing",
        network("fully_private: true, s3_gateway_endpoint: false, interface_endpoints: [s3]"),
    ),
    Case(
        "duplicate-endpoint",
        here(network("interface_endpoints: [ec2, ec2]")),
        "network.interface_endpoints[0]",
        "ec2 stands there 2 times",
        "once",
        network("interface_endpoints: [ec2, sts]"),
    ),
    Case(
        "unknown-endpoint",
        here(network("interface_endpoints: [ecr-api]")),
        "network.interface_endpoints[0]",
        "'ecr-api'",
        "Did you mean ecr.api?",
        network("interface_endpoints: [ecr.api]"),
    ),
    Case(
        "cidr-size",
        here(network("cidr: 10.0.0.0/15")),
        "network.cidr",
        "larger than a VPC can be",
        "between /16 and /22",
        network("cidr: 10.0.0.0/16"),
    ),
    Case(
        "cidr-size",
        here(network("cidr: 10.0.0.0/23")),
        "network.cidr",
        "too small for the subnets",
        "between /16 and /22",
        network("cidr: 10.0.0.0/22"),
    ),
    Case(
        "cidr-not-private",
        here(network("cidr: 11.0.0.0/16")),
        "network.cidr",
        "11.0.0.0/16 is no private range",
        "10.0.0.0/8",
        network("cidr: 100.64.0.0/16"),
    ),
    Case(
        "service-cidr",
        here(cluster("service_ipv4_cidr: 10.0.128.0/20")),
        "cluster.service_ipv4_cidr",
        "overlaps with the VPC's 10.0.0.0/16",
        "172.20.0.0/16",
        existing(top="cluster: {service_ipv4_cidr: 10.0.128.0/20}\n"),
    ),
    Case(
        "service-cidr",
        here(cluster("service_ipv4_cidr: 172.20.0.0/25")),
        "cluster.service_ipv4_cidr",
        "not between /12 and /24",
        "172.20.0.0/16",
        cluster("service_ipv4_cidr: 172.20.0.0/24"),
    ),
    Case(
        "service-cidr",
        here(cluster("service_ipv4_cidr: 100.64.0.0/16")),
        "cluster.service_ipv4_cidr",
        "EKS takes no other",
        "172.16.0.0/12",
        cluster("service_ipv4_cidr: 192.168.0.0/16"),
    ),
    Case(
        # p5: one interface of 50 addresses beside the EFA-only one; c5.2xlarge: two of 15; a /21 leaves 251.
        "cidr-too-small",
        new(
            "gpu: {instance_type: p5.48xlarge, size: {desired: 2, max: 5}, availability_zone: us-west-2a}\n",
            "network: {cidr: 10.0.0.0/21} # here\n",
        ),
        "network.cidr",
        "nodes in the first zone take 326 addresses (nodes x addresses: gpu 5 x 50, sys 2 x 30; others 16), and each "
        "private subnet of 10.0.0.0/21 has 251",
        "Write 10.0.0.0/20",
        new(
            "gpu: {instance_type: p5.48xlarge, size: {desired: 2, max: 3}, availability_zone: us-west-2a}\n",
            "network: {cidr: 10.0.0.0/21}\n",
        ),
    ),
    Case(
        "cidr-too-small",
        new(
            "gpu: {instance_type: p5.48xlarge, size: {desired: 2, max: 500}, availability_zone: us-west-2a}\n",
            "network: {cidr: 10.0.0.0/16} # here\n",
        ),
        "network.cidr",
        "gpu 500 x 50",
        "WARM_IP_TARGET",
        new(
            "gpu: {instance_type: p5.48xlarge, size: {desired: 2, max: 500}, availability_zone: us-west-2a}\n",
            "network: {cidr: 10.0.0.0/16}\n"
            "addons: {vpc-cni: {configuration: {env: {WARM_IP_TARGET: '4', MINIMUM_IP_TARGET: '12'}}}}\n",
        ),
    ),
    Case(
        "endpoint-closed",
        here(cluster("endpoint: {private: false}")),
        "cluster.endpoint.private",
        "reachable from nowhere",
        "private: false",
        existing(
            top="cluster: {endpoint: {private: false, public: true, public_access_cidrs: [203.0.113.0/24]}}\n"
        ),
    ),
    Case(
        "nodes-cut-off",
        here(cluster("endpoint: {private: false, public: true, public_access_cidrs: [203.0.113.0/24]}")),
        "cluster.endpoint.private",
        "could not reach the API",
        "Remove private: false",
        cluster("endpoint: {public: true, public_access_cidrs: [203.0.113.0/24]}"),
    ),
    Case(
        "nodes-cut-off",
        new(
            top="""
            network: {fully_private: true}
            cluster: {endpoint: {private: false, public: true, public_access_cidrs: [203.0.113.0/24]}} # here
            """
        ),
        "cluster.endpoint.private",
        "could not reach the API",
        "Remove private: false",
        existing(
            top="cluster: {endpoint: {private: false, public: true, public_access_cidrs: [203.0.113.0/24]}}\n"
        ),
    ),
    Case(
        "public-without-cidrs",
        here(cluster("endpoint: {public: true}")),
        "cluster.endpoint.public_access_cidrs",
        "the whole internet",
        "var.public_access_cidrs",
        cluster("endpoint: {public: true, public_access_cidrs: var.cidrs}"),
    ),
    Case(
        "public-to-all",
        here(cluster("endpoint: {public: true, public_access_cidrs: [0.0.0.0/0]}")),
        "cluster.endpoint.public_access_cidrs[0]",
        "0.0.0.0/0 opens",
        "offices",
        cluster("endpoint: {public: true, public_access_cidrs: [203.0.113.0/24]}"),
    ),
    Case(
        "cidrs-without-public",
        here(cluster("endpoint: {public_access_cidrs: [203.0.113.0/24]}")),
        "cluster.endpoint.public_access_cidrs",
        "is not public",
        "public: true",
        cluster("endpoint: {public_access_cidrs: []}"),
    ),
    Case(
        "public-cidr-not-public",
        here(cluster("endpoint: {public: true, public_access_cidrs: [10.1.0.0/16]}")),
        "cluster.endpoint.public_access_cidrs[0]",
        "10.1.0.0/16 is a private range",
        "public addresses",
        cluster("endpoint: {public: true, public_access_cidrs: [203.0.113.7/32]}"),
    ),
    Case(
        "key-without-encryption",
        here(cluster(f"secrets_encryption: {{enabled: false, kms_key_arn: '{KEY}'}}")),
        "cluster.secrets_encryption.enabled",
        "a key is named",
        "enabled: false",
        cluster("secrets_encryption: {enabled: false}"),
    ),
    Case(
        "key-of-other-region",
        here(cluster(f"secrets_encryption: {{kms_key_arn: '{KEY.replace('us-west-2', 'us-east-1')}'}}")),
        "cluster.secrets_encryption.kms_key_arn",
        "in us-east-1, and what it encrypts in us-west-2",
        "a key in us-west-2",
        cluster(f"secrets_encryption: {{kms_key_arn: '{KEY}'}}"),
    ),
    Case(
        "duplicate-principal",
        new(
            top=f"cluster:\n  access_entries:\n    a: &a {{principal_arn: '{ROLE}', policies: [AmazonEKSViewPolicy]}}\n    b: *a # here\n"
        ),
        "cluster.access_entries.b.principal_arn",
        "has the access entry 'a' already",
        "one entry",
        cluster(f"access_entries: {{a: {{principal_arn: '{ROLE}', policies: [AmazonEKSViewPolicy]}}}}"),
    ),
    Case(
        "empty-access-entry",
        here(cluster(f"access_entries: {{a: {{principal_arn: '{ROLE}'}}}}")),
        "cluster.access_entries.a.policies",
        "it allows nothing",
        "AmazonEKSAdminViewPolicy",
        cluster(f"access_entries: {{a: {{principal_arn: '{ROLE}', kubernetes_groups: [dev]}}}}"),
    ),
    Case(
        "system-group",
        cluster(
            f"access_entries: {{a: {{principal_arn: '{ROLE}', kubernetes_groups: ['system:masters']}}}}"
        ).replace("}}}", "}}} # here"),
        "cluster.access_entries.a.kubernetes_groups[0]",
        "begins with system:",
        "AmazonEKSClusterAdminPolicy",
        cluster(f"access_entries: {{a: {{principal_arn: '{ROLE}', kubernetes_groups: [masters]}}}}"),
    ),
    Case(
        "nobody-administers",
        here(cluster("creator_admin: false")),
        "cluster.creator_admin",
        "nobody administers",
        "AmazonEKSClusterAdminPolicy",
        cluster(
            f"creator_admin: false, access_entries: {{a: {{principal_arn: '{ROLE}', "
            "policies: [AmazonEKSClusterAdminPolicy]}}"
        ),
    ),
    Case(
        "too-many-tags",
        new(top="tags: # here\n" + "".join(f"  t{n}: x\n" for n in range(43))),
        "tags",
        "43 tags",
        "at most 42",
        new(top="tags:\n" + "".join(f"  t{n}: x\n" for n in range(42))),
    ),
    Case(
        "bucket-missing",
        new(top="backend: {type: s3} # here\n"),
        "backend.bucket",
        "no bucket is named",
        "bucket:",
        new(top="backend: {type: s3, bucket: states-of-ours}\n"),
    ),
    Case(
        "backend-key-unused",
        new(top="backend: {bucket: states-of-ours} # here\n"),
        "backend.bucket",
        "kept in a local file",
        "type: s3",
        new(top="backend: {type: local}\n"),
    ),
    Case(
        "unknown-kubernetes-version",
        new(top="kubernetes_version: 1.50 # here\n"),
        "kubernetes_version",
        "does not offer Kubernetes 1.50",
        "1.35",
        new(top="kubernetes_version: 1.35\n"),
    ),
    Case(
        "kubernetes-version-ended",
        new(top="kubernetes_version: 1.30 # here\n"),
        "kubernetes_version",
        "no longer takes Kubernetes 1.30 since 2026-07-23",
        "1.35",
        new(top="kubernetes_version: 1.36\n"),
    ),
    Case(
        "kubernetes-version-ended",
        new(top="kubernetes_version: '1.20' # here\n"),
        "kubernetes_version",
        "no longer takes Kubernetes 1.20",
        "1.35",
        new(top="kubernetes_version: 1.35\n"),
    ),
    Case(
        "extended-support",
        new(top="kubernetes_version: 1.33 # here\n"),
        "kubernetes_version",
        "0.60 USD an hour",
        "1.35",
        new(top="kubernetes_version: 1.35\n"),
    ),
    Case(
        "support-ends-soon",
        new(top="kubernetes_version: 1.34 # here\n"),
        "kubernetes_version",
        "ends on 2026-12-02",
        "Write 1.35 or 1.36",
        new(top="kubernetes_version: 1.35\n"),
    ),
    Case(
        "extended-version-standard-support",
        new(top="kubernetes_version: 1.33\ncluster: {support_type: STANDARD} # here\n"),
        "cluster.support_type",
        "extended support only",
        "EXTENDED",
        new(top="kubernetes_version: 1.35\ncluster: {support_type: STANDARD}\n"),
    ),
    Case(
        "reserved-label",
        labelled("labels: {node-role.kubernetes.io/gpu: x} # here"),
        "node_groups.more.labels.node-role.kubernetes.io/gpu",
        "under kubernetes.io are reserved",
        "example.com/gpu",
        labelled("labels: {node.kubernetes.io/gpu: x, notkubernetes.io/a: b, kubernetes.io: c}"),
    ),
    Case(
        "reserved-taint",
        labelled("taints: [{key: eks.amazonaws.com/mine}] # here"),
        "node_groups.more.taints[0].key",
        "refuses taints under eks.amazonaws.com",
        "example.com/mine",
        labelled("taints: [{key: example.com/mine}]"),
    ),
    Case(
        "label-length",
        labelled(f"labels: {{example.com/{'a' * 52}: x}} # here"),
        f"node_groups.more.labels.example.com/{'a' * 52}",
        "has 64 characters",
        "shorter",
        labelled(f"labels: {{example.com/{'a' * 51}: x}}"),
    ),
    Case(
        "label-length",
        labelled('labels: {team: ""} # here'),
        "node_groups.more.labels.team",
        "the value is empty",
        '"true"',
        labelled("labels: {team: x}"),
    ),
    Case(
        "duplicate-taint",
        labelled("taints: [{key: a}, {key: a, value: b}] # here"),
        "node_groups.more.taints[1]",
        "stands there 2 times",
        "change the effect",
        labelled("taints: [{key: a}, {key: a, effect: NoExecute}]"),
    ),
    Case(
        "too-many-taints",
        labelled("taints: [" + ", ".join(f"{{key: t{n}}}" for n in range(51)) + "] # here"),
        "node_groups.more.taints",
        "51 taints",
        "at most 50",
        labelled("taints: [" + ", ".join(f"{{key: t{n}}}" for n in range(50)) + "]"),
    ),
    Case(
        "unknown-addon",
        new(top="addons: {aws-fsx-csi: {}} # here\n"),
        "addons.aws-fsx-csi",
        "'aws-fsx-csi'",
        "Did you mean aws-fsx-csi-driver?",
        new(top="addons: {aws-fsx-csi-driver: {}}\n"),
    ),
    Case(
        "essential-addon-off",
        new(top="addons: {coredns: {enabled: false}} # here\n"),
        "addons.coredns",
        "no name of a service",
        "enabled: false",
        new(top="addons: {coredns: {most_recent: true}}\n"),
    ),
    Case(
        "addon-version-twice",
        new(top="addons: {vpc-cni: {version: v1.21.1-eksbuild.1, most_recent: true}} # here\n"),
        "addons.vpc-cni.most_recent",
        "pins v1.21.1-eksbuild.1",
        "Keep version",
        new(top="addons: {vpc-cni: {version: v1.21.1-eksbuild.1}}\n"),
    ),
    Case(
        "metrics-server-twice",
        new(top="addons: {metrics-server: {}}\nhelm_releases: {metrics-server: {}} # here\n"),
        "helm_releases.metrics-server",
        "an add-on of the layout too",
        "Keep addons.metrics-server",
        new(top="helm_releases: {metrics-server: {}}\n"),
    ),
    Case(
        "efa-plugin-off",
        new(GPU, "helm_releases:\n  aws-efa-k8s-device-plugin: {enabled: false} # here\n"),
        "helm_releases.aws-efa-k8s-device-plugin",
        "gpu have EFA",
        "efa: false",
        new(GPU + "  efa: false\n", "helm_releases:\n  aws-efa-k8s-device-plugin: {enabled: false}\n"),
    ),
    Case(
        "efa-plugin-off",
        new(GPU, "cluster: {efa_driver: dra}\nhelm_releases:\n  aws-dranet: {enabled: false} # here\n"),
        "helm_releases.aws-dranet",
        "gpu have EFA",
        "efa: false",
        new(GPU, "cluster: {efa_driver: dra}\n"),
    ),
    Case(
        "efa-driver-version",
        new(GPU, 'kubernetes_version: "1.33"\ncluster: {efa_driver: dra} # here\n'),
        "cluster.efa_driver",
        "dra needs Kubernetes 1.34, and this is 1.33",
        'kubernetes_version: "1.34"',
        new(GPU, 'kubernetes_version: "1.34"\ncluster: {efa_driver: dra}\n'),
    ),
    Case(
        "efa-driver-autoscaler",
        new(GPU + "  scaling_owner: autoscaler # here\n", "cluster: {efa_driver: dra}\n"),
        "node_groups.gpu.scaling_owner",
        "brings no node for pods that claim EFA devices",
        "scaling_owner: terraform",
        new(
            GPU + "cpu: {instance_type: m5.large, size: {desired: 1}, scaling_owner: autoscaler}\n",
            "cluster: {efa_driver: dra}\n",
        ),
    ),
    Case(
        "efa-driver-karpenter",
        new(GPU, "cluster: {efa_driver: dra} # here\nhelm_releases: {karpenter: {}}\n"),
        "cluster.efa_driver",
        "from static pools alone",
        "efa_driver: device_plugin",
        new(GPU, "cluster: {efa_driver: device_plugin}\nhelm_releases: {karpenter: {}}\n"),
    ),
    Case(
        "efa-two-drivers",
        new(GPU, "cluster: {efa_driver: dra}\nhelm_releases: {aws-efa-k8s-device-plugin: {}} # here\n"),
        "helm_releases.aws-efa-k8s-device-plugin",
        "aws-dranet hands out the same EFA devices",
        "efa_driver: device_plugin",
        new(
            GPU,
            "cluster: {efa_driver: dra}\nhelm_releases: {aws-efa-k8s-device-plugin: {enabled: false}}\n",
        ),
    ),
    Case(
        "efa-two-drivers",
        new(GPU, "helm_releases: {aws-dranet: {}} # here\n"),
        "helm_releases.aws-dranet",
        "aws-efa-k8s-device-plugin hands out the same EFA devices",
        "efa_driver: dra",
        new(GPU, "cluster: {efa_driver: dra}\nhelm_releases: {aws-dranet: {}}\n"),
    ),
    Case(
        "efa-two-drivers",
        new(
            GPU,
            "cluster: {efa_driver: dra}\nhelm_releases:\n  mine: # here\n    {repository: 'https://aws.github.io/eks-charts', "
            "chart: aws-efa-k8s-device-plugin, version: v0.5.30, namespace: kube-system}\n",
        ),
        "helm_releases.mine",
        "aws-dranet hands out the same EFA devices",
        "efa_driver: device_plugin",
        new(
            GPU,
            "cluster: {efa_driver: dra}\nhelm_releases: {mine: {chart: a, version: 1.2.3, namespace: b, repository: 'https://a.b'}}\n",
        ),
    ),
    Case(
        "efa-driver-unused",
        new("", "cluster: {efa_driver: dra} # here\n"),
        "cluster.efa_driver",
        "no node group has EFA",
        "Remove it",
        new("", "cluster: {efa_driver: dra}\nhelm_releases: {aws-dranet: {}}\n"),
    ),
    Case(
        "efa-driver-own-ami",
        new(GPU + "  ami_id: ami-0123456789abcdef0 # here\n", "cluster: {efa_driver: dra}\n"),
        "node_groups.gpu.ami_id",
        "containerd with NRI on",
        "containerd 2.0",
        new(GPU + "  efa: false\n  ami_id: ami-0123456789abcdef0\n"),
    ),
    Case(
        "efa-device-class",
        new(
            GPU,
            "cluster: {efa_driver: dra}\nhelm_releases: {aws-dranet: {values: {deviceClass: {name: efa}}}} # here\n",
        ),
        "helm_releases.aws-dranet.values.deviceClass.name",
        "class efa.networking.k8s.aws",
        "Remove it",
        new(
            GPU,
            "cluster: {efa_driver: dra}\nhelm_releases: {aws-dranet: {values: {deviceClass: {create: true}}}}\n",
        ),
    ),
    Case(
        "efa-device-class",
        new(
            GPU,
            'cluster: {efa_driver: dra}\nhelm_releases: {aws-dranet: {set: {"deviceClass.create": false}}} # here\n',
        ),
        "helm_releases.aws-dranet.set.deviceClass.create",
        "which the chart then does not make",
        "Remove it",
        new(
            GPU,
            'cluster: {efa_driver: dra}\nhelm_releases: {aws-dranet: {set: {"deviceClass.create": "true"}}}\n',
        ),
    ),
    Case(
        "efa-claims-uncounted",
        new(GPU, CLAIMED % '{values: {managerConfig: {controllerManagerConfigYaml: "a: b"}}} # here'),
        "helm_releases.kueue.values.managerConfig.controllerManagerConfigYaml",
        "kueue never admits llama",
        "helm-values/kueue-dra.yaml",
        new(GPU, CLAIMED % "{}"),
    ),
    Case(
        "efa-claims-uncounted",
        new(GPU, CLAIMED % (mapped("mine") + " # here")),
        "helm_releases.kueue.values.managerConfig.controllerManagerConfigYaml",
        "does not count the device class efa.networking.k8s.aws as efa.networking.k8s.aws/device",
        "helm-values/kueue-dra.yaml",
        new(GPU, CLAIMED % mapped("efa.networking.k8s.aws/device")),
    ),
    Case(
        "device-operator-off",
        new(GPU, "helm_releases:\n  gpu-operator: {enabled: false} # here\n"),
        "helm_releases.gpu-operator",
        "gpu have NVIDIA GPUs",
        "device plugin yourself",
        new(GPU, "helm_releases:\n  gpu-operator: {timeout_minutes: 20}\n"),
    ),
    Case(
        "autoscaler-off",
        new(
            "more: {instance_type: m5.large, size: {desired: 1}, scaling_owner: autoscaler}\n",
            "helm_releases: {cluster-autoscaler: {enabled: false}} # here\n",
        ),
        "helm_releases.cluster-autoscaler",
        "nobody would scale",
        "scaling_owner: terraform",
        new("more: {instance_type: m5.large, size: {desired: 1}, scaling_owner: autoscaler}\n"),
    ),
    Case(
        "same-chart-twice",
        here(
            new(
                top="helm_releases:\n  kueue: {}\n  mine: {repository: 'oci://registry.k8s.io/kueue/charts', "
                "chart: kueue, version: 0.19.2, namespace: mine}\n"
            )
        ),
        "helm_releases.mine.chart",
        "a second time",
        "helm_releases.kueue",
        new(
            top="helm_releases:\n  mine: {repository: 'oci://registry.k8s.io/kueue/charts', "
            "chart: kueue, version: 0.19.2, namespace: mine}\n"
        ),
    ),
    Case(
        "images-out-of-reach",
        new(top="network: {fully_private: true}\nhelm_releases: {metrics-server: {}} # here\n"),
        "helm_releases.metrics-server",
        "pulls its images from registry.k8s.io",
        "Mirror the images",
        new(
            top="""
            network: {fully_private: true}
            helm_releases:
              metrics-server:
                values: {image: {repository: 123456789012.dkr.ecr.us-west-2.amazonaws.com/metrics-server}}
            """
        ),
    ),
    Case(
        "endpoint-of-release",
        new(
            top="""
            network: {nat_gateway: none, interface_endpoints: [ec2, ecr.api, ecr.dkr, eks-auth, sts]}
            helm_releases:
              aws-load-balancer-controller: # here
                values: {image: {repository: 123456789012.dkr.ecr.us-west-2.amazonaws.com/lbc}}
            """
        ),
        "helm_releases.aws-load-balancer-controller",
        "calls elasticloadbalancing",
        "Add elasticloadbalancing to network.interface_endpoints",
        new(
            top="""
            network:
              nat_gateway: none
              interface_endpoints: [ec2, ecr.api, ecr.dkr, eks-auth, elasticloadbalancing, sts]
            helm_releases:
              aws-load-balancer-controller:
                values: {image: {repository: 123456789012.dkr.ecr.us-west-2.amazonaws.com/lbc}}
            """
        ),
    ),
    Case(
        "storage-class-without-driver",
        new(
            top="addons: {aws-ebs-csi-driver: {enabled: false}}\nstorage: {default_storage_class: gp3} # here\n"
        ),
        "storage.default_storage_class",
        "aws-ebs-csi-driver",
        "none",
        new(top="addons: {aws-ebs-csi-driver: {enabled: false}}\nstorage: {default_storage_class: none}\n"),
    ),
    Case(
        "variable-of-two-kinds",
        EXISTING.replace("vpc-0123456789abcdef0", "var.x").replace(
            "[subnet-0123456789abcdef0, subnet-0123456789abcdef1]", "var.x # here"
        ),
        "network.private_subnet_ids",
        "another kind of value in network.vpc_id",
        "var.subnet_ids",
        EXISTING.replace("vpc-0123456789abcdef0", "var.x").replace(
            "[subnet-0123456789abcdef0, subnet-0123456789abcdef1]", "[var.y, var.z]"
        ),
    ),
    Case(
        "variable-as-text",
        new(top="tags: {team: var.team} # here\n"),
        "tags.team",
        "'var.team' is taken as text",
        "the value itself",
        new(top="tags: {team: var-team}\n"),
    ),
    Case(
        "unknown-review-rule",
        new(
            top="""
            review:
              accept:
                - rule: node-roll # here
                  reason: The run is over.
                  until: 2026-12-31
            """
        ),
        "review.accept[0].rule",
        "no rule 'node-roll'",
        "nodes-roll",
        new(
            top="""
            review:
              accept:
                - rule: nodes-roll
                  resources: ['aws_launch_template.*', 'aws_subnet.private["us-west-2a"]']
                  reason: The run is over.
                  until: "2026-11-01"
            """
        ),
    ),
    Case(
        "accepted-for-too-long",
        new(top='review: {accept: [{rule: nodes-roll, reason: Later., until: "2029-12-31"}]} # here\n'),
        "review.accept[0].until",
        "more than a year ahead",
        "or an earlier day",
        new(top="review: {accept: [{rule: nodes-roll, reason: Later., until: 2026-12-31}]}\n"),
    ),
)
