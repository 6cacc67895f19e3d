"""The CDKTF app: layouts in, Terraform JSON out. `cdktf synth` and `cdktf deploy` run it, and `cdktn` likewise."""

from __future__ import annotations

import sys

from modules.bindings import FlavorError, install

try:
    install()
except FlavorError as error:
    print(error, file=sys.stderr)
    sys.exit(2)

from modules.app import chosen_layouts, chosen_stacks, synthesize
from modules.layout import LayoutError, load_all


def main() -> int:
    """Synthesizes the layouts of `LAYOUT`, or of cdktf.json's context.

    Exit status 2 where a layout is at fault, or the output folder cannot be written.
    """
    try:
        loaded = load_all(chosen_layouts())
        for warning in (warning for one in loaded for warning in one.warnings):
            print(warning, file=sys.stderr)
        synthesize(loaded, named=chosen_stacks())
    except LayoutError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename}: cannot be written: {error.strerror}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
