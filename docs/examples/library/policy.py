"""What a company asks of every node group, whoever has made it."""

from eks_training import NodeGroup, add_stacks, install, load

install()

import jsii
from cdktf import Annotations, App, Aspects, IAspect
from constructs import IConstruct


@jsii.implements(IAspect)
class NodePolicy:
    """Nodes have no public address, pods do not get the nodes' credentials, and a bill says whose they are."""

    def visit(self, node: IConstruct) -> None:
        """CDKTF calls it with every construct of a stack, before anything is written."""
        if not isinstance(node, NodeGroup):
            return
        node.resource.tags = {**(node.resource.tags_input or {}), "cost-center": "research"}
        template = node.launch_template
        metadata = template.metadata_options_input
        if (
            metadata is None
            or metadata.http_tokens != "required"
            or metadata.http_put_response_hop_limit != 1
        ):
            Annotations.of(node).add_error("pods reach the instance metadata: leave imds_hop_limit at 1")
        interfaces = template.network_interfaces_input
        for interface in interfaces if isinstance(interfaces, list) else []:
            if interface.associate_public_ip_address != "false":
                Annotations.of(node).add_error("a node has a public address")


app = App()
for stack in add_stacks(app, load("eks-p5-odcr").layout):
    Aspects.of(stack).add(NodePolicy())  # CDKTF never asks the aspects of an app itself
app.synth()
