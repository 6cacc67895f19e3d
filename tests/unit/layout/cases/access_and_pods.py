"""Cases of the rules about access entries, pod identity, security groups of the control plane and Karpenter."""

from __future__ import annotations

from textwrap import dedent, indent

from . import Case, existing, new

ROLE = "arn:aws:iam::123456789012:role/pods"
POLICY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
GROUPS = ", ".join(f"sg-0123456789abcdef{number}" for number in range(6))


def entry(text: str) -> str:
    """A layout with one access entry."""
    return new(
        top=f"cluster:\n  access_entries:\n    dev:\n      principal_arn: {ROLE}\n"
        + indent(dedent(text).lstrip("\n"), "      ")
    )


def pods(text: str, more: str = "") -> str:
    """A layout with an association `a` of team/trainer, and more entries beside it."""
    return new(
        top="cluster:\n  pod_identity_associations:\n    a:\n      namespace: team\n      service_account: trainer\n"
        + indent(dedent(text).lstrip("\n"), "      ")
        + indent(dedent(more).lstrip("\n"), "    ")
    )


def document(text: str) -> str:
    """The association with a policy of its own."""
    return pods("policy:\n" + indent(dedent(text).lstrip("\n"), "  "))


FINE = """
Version: 2012-10-17
Statement:
  - {Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::${aws:PrincipalTag/team}/*"}
"""
ONE = '{Effect: Allow, Action: "s3:GetObject", Resource: "*"}'


CASES = (
    Case(
        "control-plane-groups-in-new-vpc",
        new(top="cluster: {security_group_ids: [sg-0123456789abcdef0]} # here\n"),
        "cluster.security_group_ids",
        "the VPC is a new one",
        "network.vpc_id",
        existing(top="cluster: {security_group_ids: [sg-0123456789abcdef0]}\n"),
    ),
    Case(
        "too-many-control-plane-groups",
        existing(top=f"cluster: {{security_group_ids: [{GROUPS}]}} # here\n"),
        "cluster.security_group_ids",
        "6 security groups, and EKS takes 5",
        "in one group",
        existing(top="cluster: {security_group_ids: var.security_groups}\n"),
    ),
    Case(
        "duplicate-access-policy",
        entry("""
            policies:
              - AmazonEKSViewPolicy
              - {name: AmazonEKSViewPolicy, namespaces: [team]} # here
        """),
        "cluster.access_entries.dev.policies[1]",
        "AmazonEKSViewPolicy stands in this entry already",
        "the namespaces of both",
        entry("policies: [AmazonEKSViewPolicy, {name: AmazonEKSEditPolicy, namespaces: [team-*]}]\n"),
    ),
    Case(
        "empty-access-entry",
        entry("policies: [{name: AmazonEKSViewPolicy}]\nnamespaces: [team] # here\n"),
        "cluster.access_entries.dev.namespaces",
        "by name alone, and there are none",
        "remove namespaces",
        entry("policies: [{name: AmazonEKSViewPolicy}, AmazonEKSEditPolicy]\nnamespaces: [team]\n"),
    ),
    Case(
        "nobody-administers",
        new(
            top=f"""
            cluster:
              creator_admin: false # here
              access_entries:
                dev:
                  principal_arn: {ROLE}
                  policies: [{{name: AmazonEKSClusterAdminPolicy, namespaces: [team]}}]
            """
        ),
        "cluster.creator_admin",
        "nobody administers",
        "AmazonEKSClusterAdminPolicy",
        new(
            top=f"""
            cluster:
              creator_admin: false
              access_entries:
                dev:
                  principal_arn: {ROLE}
                  policies: [{{name: AmazonEKSClusterAdminPolicy}}]
                  kubernetes_groups: [dev]
            """
        ),
    ),
    Case(
        "reserved-user-name",
        entry("policies: [AmazonEKSViewPolicy]\nuser_name: aws:me # here\n"),
        "cluster.access_entries.dev.user_name",
        "begins with aws:",
        "leave it out",
        entry("policies: [AmazonEKSViewPolicy]\nuser_name: my-aws:me\n"),
    ),
    Case(
        "reserved-user-name",
        entry("policies: [AmazonEKSViewPolicy]\nuser_name: 'me{{SessionName}}' # here\n"),
        "cluster.access_entries.dev.user_name",
        "a colon before the name of the session",
        "dev:{{SessionName}}",
        entry("policies: [AmazonEKSViewPolicy]\nuser_name: 'me:{{SessionNameRaw}}'\n"),
    ),
    Case(
        "pod-identity-without-permissions",
        pods("create_service_account: true\n").replace("    a:", "    a: # here"),
        "cluster.pod_identity_associations.a.role_arn",
        "its pods may do nothing",
        "policy_arns: [arn:aws:iam::aws:policy/",
        pods("role_arn: var.role_arn\n"),
    ),
    Case(
        "pod-identity-role-and-policies",
        pods(f"role_arn: {ROLE}\npolicy_arns: [{POLICY}] # here\n"),
        "cluster.pod_identity_associations.a.policy_arns",
        "role_arn names one that exists",
        "remove role_arn",
        pods(f"policy_arns: [{POLICY}]\npolicy:\n" + indent(FINE.lstrip(), "  ")),
    ),
    Case(
        "duplicate-pod-identity",
        pods(
            f"role_arn: {ROLE}\n",
            f"""
            b:
              namespace: team
              service_account: trainer # here
              role_arn: {ROLE}
            """,
        ),
        "cluster.pod_identity_associations.b.service_account",
        "team/trainer has a role already, by the association 'a'",
        "into one association",
        pods(f"role_arn: {ROLE}\n", f"b: {{namespace: other, service_account: trainer, role_arn: {ROLE}}}\n"),
    ),
    Case(
        "duplicate-pod-identity",
        pods(
            f"role_arn: {ROLE}\n",
            f"""
            b:
              namespace: kube-system
              service_account: ebs-csi-controller-sa # here
              role_arn: {ROLE}
            """,
        ),
        "cluster.pod_identity_associations.b.service_account",
        "by the add-on aws-ebs-csi-driver",
        "addons.aws-ebs-csi-driver.role_arn",
        pods(
            f"role_arn: {ROLE}\n",
            f"b: {{namespace: kube-system, service_account: s3-csi-driver-sa, role_arn: {ROLE}}}\n",
        )
        + "addons: {aws-mountpoint-s3-csi-driver: {}}\n",
    ),
    Case(
        "duplicate-pod-identity",
        pods(f"role_arn: {ROLE}\n")
        .replace("namespace: team", "namespace: karpenter")
        .replace("service_account: trainer", "service_account: karpenter # here")
        + "helm_releases: {karpenter: {namespace: karpenter}}\n",
        "cluster.pod_identity_associations.a.service_account",
        "by the release karpenter",
        "Remove this.",
        pods(f"role_arn: {ROLE}\n")
        .replace("namespace: team", "namespace: karpenter")
        .replace("service_account: trainer", "service_account: karpenter")
        + "helm_releases: {karpenter: {}}\n",
    ),
    Case(
        "policy-document",
        document("Version: 2012-10-17\n").replace("policy:", "policy: # here"),
        "cluster.pod_identity_associations.a.policy.Statement",
        "the policy has no Statement",
        "a list of statements",
        document(FINE),
    ),
    Case(
        "policy-document",
        document(f"version: 2012-10-17 # here\nVersion: 2012-10-17\nStatement: {ONE}\n"),
        "cluster.pod_identity_associations.a.policy.version",
        "no 'version' in a policy",
        "Did you mean Version?",
        document(f"Version: 2012-10-17\nStatement: {ONE}\n"),
    ),
    Case(
        "policy-document",
        document(f"Statement: [{ONE}]\n").replace("policy:", "policy: # here"),
        "cluster.pod_identity_associations.a.policy.Version",
        "has no Version",
        '"2012-10-17"',
        document(FINE),
    ),
    Case(
        "policy-document",
        document("""
            Version: 2012-10-17
            Statement:
              - {Effect: allow, Action: "*", Resource: "*"} # here
        """),
        "cluster.pod_identity_associations.a.policy.Statement[0].Effect",
        "allows or denies",
        "Effect: Allow",
        document(FINE),
    ),
    Case(
        "policy-document",
        document("""
            Version: 2012-10-17
            Statement:
              - {Effect: Allow, NotAction: "iam:*"} # here
        """),
        "cluster.pod_identity_associations.a.policy.Statement[0].Resource",
        "the statement has no Resource",
        "arn:aws:s3:::my-bucket/*",
        document('Version: 2012-10-17\nStatement: [{Effect: Deny, NotAction: "iam:*", NotResource: "*"}]\n'),
    ),
    Case(
        "policy-document",
        document("""
            Version: 2012-10-17
            Statement:
              - {Effect: Allow, Principal: "*", Action: "*", Resource: "*"} # here
        """),
        "cluster.pod_identity_associations.a.policy.Statement[0].Principal",
        "is the principal",
        "Remove it.",
        document(FINE),
    ),
    Case(
        "policy-document",
        document("""
            Version: 2012-10-17
            Statement:
              - {Effect: Allow, Action: ["s3:GetObject", 3], Resource: "*"} # here
        """),
        "cluster.pod_identity_associations.a.policy.Statement[0].Action",
        "neither a text nor a list of texts",
        "s3:GetObject",
        document(FINE),
    ),
    Case(
        "policy-document",
        document("""
            Version: 2012-10-17
            Statement:
              - {Effect: Allow, Action: "*", Resource: "*", Condition: {StringEquals: a}} # here
        """),
        "cluster.pod_identity_associations.a.policy.Statement[0].Condition",
        "operators to keys",
        "StringEquals: {aws:PrincipalTag/team: a}",
        document(f"""
            Version: 2012-10-17
            Statement:
              - {ONE[:-1]}, Condition: {{StringEquals: {{"aws:PrincipalTag/team": a}}}}}}
        """),
    ),
    Case(
        "policy-document",
        document(f"Version: 2012-10-17\nId: 数据\nStatement: [{ONE}]\n").replace("policy:", "policy: # here"),
        "cluster.pod_identity_associations.a.policy",
        "IAM takes no '数据' in a policy",
        "Latin-1",
        document(f"Version: 2012-10-17\nId: données\nStatement: [{ONE}]\n"),
    ),
    Case(
        "policy-document",
        document(f"""
            Version: 2012-10-17
            Statement:
              - {ONE[:-1]}, Condition: {{Bool: {{"aws:SecureTransport": []}}}}}} # here
        """),
        "cluster.pod_identity_associations.a.policy.Statement[0].Condition",
        "of these to values",
        "StringEquals: {aws:PrincipalTag/team: a}",
        document(f"""
            Version: 2012-10-17
            Statement:
              - {ONE[:-1]}, Condition: {{Bool: {{"aws:SecureTransport": true}}, NumericLessThan: {{"s3:max-keys": [3]}}}}}}
        """),
    ),
    Case(
        "policy-document",
        document("Version: 2012-10-17\nStatement: [all] # here\n"),
        "cluster.pod_identity_associations.a.policy.Statement[0]",
        "a statement is a mapping",
        "Effect, Action and Resource",
        document(FINE),
    ),
    Case(
        "policy-document-size",
        pods("policy: # here\n" + indent(FINE.replace("s3:GetObject", "s3:" + "x" * 10_200), "  ")),
        "cluster.pod_identity_associations.a.policy",
        "IAM takes 10,240 in a role",
        "policy_arns",
        pods("policy:\n" + indent(FINE.replace("s3:GetObject", "s3:" + "x" * 10_000), "  ")),
    ),
    Case(
        "too-many-policies",
        pods(f"policy_arns: [{', '.join(f'{POLICY}{number}' for number in range(11))}] # here\n"),
        "cluster.pod_identity_associations.a.policy_arns",
        "11 policies",
        "policy of your own",
        pods(f"policy_arns: [{', '.join(f'{POLICY}{number}' for number in range(10))}]\n"),
    ),
    Case(
        "pod-identity-without-agent",
        pods(f"role_arn: {ROLE}\n").replace("associations:\n", "associations: # here\n")
        + "addons: {eks-pod-identity-agent: {enabled: false}}\n",
        "cluster.pod_identity_associations",
        "no pod would get the credentials",
        "enabled: false",
        pods(f"role_arn: {ROLE}\n")
        + "addons: {eks-pod-identity-agent: {enabled: false}}\n"
        + "helm_releases: {agent: {repository: 'https://charts.example.com', chart: eks-pod-identity-agent,"
        + " version: 1.2.0, namespace: kube-system}}\n",
    ),
    Case(
        "pod-identity-without-agent",
        new(
            "more: {instance_type: m5.large, size: {desired: 1}, scaling_owner: autoscaler}\n",
            "addons: {eks-pod-identity-agent: {enabled: false}}\n"
            "helm_releases:\n  cluster-autoscaler: {} # here\n",
        ),
        "helm_releases.cluster-autoscaler",
        "no pod would get the credentials",
        "enabled: false",
        new(
            top="addons: {eks-pod-identity-agent: {enabled: false}}\n"
            "helm_releases: {cluster-autoscaler: {}, karpenter: {enabled: false}}\n"
        ),
    ),
    Case(
        "pod-identity-without-agent",
        new(
            top="addons: {eks-pod-identity-agent: {enabled: false}}\nhelm_releases:\n  karpenter: {} # here\n"
        ),
        "helm_releases.karpenter",
        "no pod would get the credentials",
        "enabled: false",
        new(top="helm_releases: {karpenter: {}}\n"),
    ),
    Case(
        "service-account-exists",
        pods(f"role_arn: {ROLE}\ncreate_service_account: true # here\n").replace(
            "service_account: trainer", "service_account: default"
        ),
        "cluster.pod_identity_associations.a.create_service_account",
        "team/default is made by Kubernetes",
        "Remove create_service_account",
        pods(f"role_arn: {ROLE}\n").replace("service_account: trainer", "service_account: default"),
    ),
    Case(
        "service-account-exists",
        pods(f"role_arn: {ROLE}\ncreate_service_account: true # here\n")
        .replace("namespace: team", "namespace: kube-system")
        .replace("service_account: trainer", "service_account: coredns"),
        "cluster.pod_identity_associations.a.create_service_account",
        "kube-system/coredns is made by the add-on coredns",
        "name an account of your own",
        pods(f"role_arn: {ROLE}\ncreate_service_account: true\n").replace(
            "service_account: trainer", "service_account: coredns"
        ),
    ),
    Case(
        "service-account-exists",
        pods(f"role_arn: {ROLE}\ncreate_service_account: true # here\n")
        .replace("namespace: team", "namespace: external-dns")
        .replace("service_account: trainer", "service_account: external-dns")
        + "addons: {external-dns: {}}\n",
        "cluster.pod_identity_associations.a.create_service_account",
        "is made by the add-on external-dns",
        "Remove create_service_account",
        pods(f"role_arn: {ROLE}\ncreate_service_account: true\n")
        .replace("namespace: team", "namespace: external-dns")
        .replace("service_account: trainer", "service_account: external-dns"),
    ),
    Case(
        "addon-role-unused",
        new(top=f"addons:\n  coredns:\n    role_arn: {ROLE} # here\n"),
        "addons.coredns.role_arn",
        "do not call AWS",
        "Remove it.",
        new(top=f"addons: {{external-dns: {{role_arn: {ROLE}}}, coredns: {{}}}}\n"),
    ),
    Case(
        "addon-role-unused",
        new(top="addons:\n  adot:\n    role_arn: var.role # here\n"),
        "addons.adot.role_arn",
        "is not known here",
        "cluster.pod_identity_associations",
        new(top="addons: {adot: {enabled: false, role_arn: var.role}}\n"),
    ),
    Case(
        "release-identity",
        new(top="helm_releases: {karpenter: {values: {serviceAccount: {name: other}}}} # here\n"),
        "helm_releases.karpenter.values.serviceAccount.name",
        "is karpenter",
        "Remove it.",
        new(
            top="helm_releases: {karpenter: {values: {serviceAccount: {name: karpenter, annotations: {a: b}}}}}\n"
        ),
    ),
    Case(
        "release-identity",
        new(top="helm_releases: {karpenter: {values: {settings: {clusterName: other}}}} # here\n"),
        "helm_releases.karpenter.values.settings.clusterName",
        "is demo",
        "Remove it.",
        new(
            top="helm_releases: {karpenter: {values: {settings: {clusterName: demo, batchIdleDuration: 2s}}}}\n"
        ),
    ),
    Case(
        "release-identity",
        new(top="helm_releases: {karpenter: {set: {settings.interruptionQueue: other}}} # here\n"),
        "helm_releases.karpenter.set.settings.interruptionQueue",
        "is demo-karpenter",
        "Remove it.",
        new(top="helm_releases: {karpenter: {set: {settings.interruptionQueue: ''}}}\n"),
    ),
    Case(
        "release-identity",
        new(
            "more: {instance_type: m5.large, size: {desired: 1}, scaling_owner: autoscaler}\n",
            "helm_releases: {cluster-autoscaler: {values: {rbac: {serviceAccount: null}}}} # here\n",
        ),
        "helm_releases.cluster-autoscaler.values.rbac.serviceAccount.name",
        "is cluster-autoscaler",
        "Remove it.",
        # Without a group of the autoscaler there is no role to lose.
        new(top="helm_releases: {cluster-autoscaler: {values: {rbac: {serviceAccount: {name: other}}}}}\n"),
    ),
    Case(
        "release-identity",
        new(top="helm_releases: {aws-load-balancer-controller: {values: {clusterName: other}}} # here\n"),
        "helm_releases.aws-load-balancer-controller.values.clusterName",
        "is demo",
        "Remove it.",
        new(
            top="""
            helm_releases:
              aws-load-balancer-controller:
                values: {clusterName: demo, region: us-west-2, vpcId: vpc-0123456789abcdef0}
            """
        ),
    ),
    Case(
        "release-identity",
        new(
            top="helm_releases: {aws-load-balancer-controller: {set: {serviceAccount.name: other}}} # here\n"
        ),
        "helm_releases.aws-load-balancer-controller.set.serviceAccount.name",
        "is aws-load-balancer-controller",
        "Remove it.",
        new(top="helm_releases: {aws-load-balancer-controller: {set: {serviceAccount.create: false}}}\n"),
    ),
    Case(
        "tags-differ-by-case",
        new(top="tags:\n  Team: a\n  team: b # here\n"),
        "tags.team",
        "'team' and 'Team' are one tag to IAM",
        "Write Team.",
        new(top="tags:\n  Team: a\n  teams: b\n"),
    ),
    Case(
        "tags-differ-by-case",
        pods(f"policy_arns: [{POLICY}]\ntags:\n  team: b # here\n") + "tags: {Team: a}\n",
        "cluster.pod_identity_associations.a.tags.team",
        "'team' and 'Team' are one tag to IAM",
        "Write Team.",
        # The association itself may have both, and the role is not made here.
        pods(f"role_arn: {ROLE}\ntags:\n  team: b\n") + "tags: {Team: a}\n",
    ),
    Case(
        "too-many-tags",
        pods(f"policy_arns: [{POLICY}]\ntags: # here\n" + "".join(f"  k{n}: x\n" for n in range(40)))
        + "tags: {a: x, b: x, c: x}\n",
        "cluster.pod_identity_associations.a.tags",
        "43 tags with those of the layout",
        "at most 42 together",
        pods(f"policy_arns: [{POLICY}]\ntags:\n" + "".join(f"  k{n}: x\n" for n in range(40)))
        + "tags: {k1: x, b: x, c: x}\n",
    ),
    Case(
        "karpenter-and-autoscaler",
        new(top="helm_releases: {karpenter: {}, cluster-autoscaler: {}} # here\n"),
        "helm_releases.karpenter",
        "is installed too: both bring a node",
        "Remove helm_releases.cluster-autoscaler",
        new(
            "more: {instance_type: m5.large, size: {desired: 1}, scaling_owner: autoscaler}\n",
            "helm_releases: {karpenter: {}, cluster-autoscaler: {enabled: false}}\n",
        ),
    ),
    Case(
        "karpenter-and-autoscaler",
        new(
            "more: {instance_type: m5.large, size: {desired: 1}, scaling_owner: autoscaler}\n",
            "helm_releases: {karpenter: {}} # here\n",
        ),
        "helm_releases.karpenter",
        "is installed too (for more): both bring a node",
        "scaling_owner: terraform",
        new(top="helm_releases: {karpenter: {}}\n"),
    ),
)
