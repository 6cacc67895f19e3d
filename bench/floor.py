"""A CDKTF program without provider bindings: reads a synthesized folder and writes the same resources once more.

It is what CDKTF itself costs in Python: the App, one object a resource, the JSON. `python floor.py FOLDER`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from cdktf import App, TerraformDataSource, TerraformResource, TerraformStack


def main(folder: Path) -> None:
    """Synthesize every stack of the folder."""
    app = App()
    for file in sorted(folder.glob("stacks/*/cdk.tf.json")):
        stack = TerraformStack(app, file.parent.name)
        content = json.loads(file.read_text())
        for block, construct in (("resource", TerraformResource), ("data", TerraformDataSource)):
            for kind, named in content.pop(block, {}).items():
                for name, arguments in named.items():
                    element = construct(stack, f"{kind}.{name}", terraform_resource_type=kind)
                    for argument, value in arguments.items():
                        element.add_override(argument, value)
        content.pop("//", None)
        for block, value in content.items():
            stack.add_override(block, value)
    app.synth()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
