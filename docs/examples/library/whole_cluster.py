"""A whole cluster: the preset of a capacity reservation, with eight nodes in another region."""

from eks_training import add_stacks, install, load_dict

install()

from cdktf import App

nodes = {"p5": {"size": {"desired": 8}}}
cluster = load_dict(
    {"extends": "eks-p5-odcr", "name": "llm-training", "region": "us-east-2", "node_groups": nodes}
)
app = App()
add_stacks(app, cluster.layout)
app.synth()
