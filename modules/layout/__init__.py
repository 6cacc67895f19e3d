"""The layout language: from a short YAML file to a checked, typed layout, or to every fault in it.

`load` reads a preset or a file; the models say what a layout may hold, the rules what makes sense together. Nothing
here imports cdktf: a layout is checked in milliseconds.
"""

from .extends import preset_names
from .faults import PRESETS, Fault, LayoutError, Level, Origin, dotted
from .loader import Loaded, load, load_all, load_dict, load_text
from .models import Layout
from .subnets import private_addresses, private_subnet, public_subnet
from .values import Var, VariableKind, is_known
from .variables import Variable, variables_of

__all__ = [
    "PRESETS",
    "Fault",
    "Layout",
    "LayoutError",
    "Level",
    "Loaded",
    "Origin",
    "Var",
    "Variable",
    "VariableKind",
    "dotted",
    "is_known",
    "load",
    "load_all",
    "load_dict",
    "load_text",
    "preset_names",
    "private_addresses",
    "private_subnet",
    "public_subnet",
    "variables_of",
]
