"""Which EC2 vCPU quota an instance type counts against.

Names and codes: "Amazon EC2 instance type quotas" in the EC2 developer documentation
(https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html), whose rows link to
servicequotas/home/services/ec2/quotas/CODE.
"""

from __future__ import annotations

import re

_STANDARD = "L-1216C47A"  # Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances
_G_AND_VT = "L-DB2E81BA"  # Running On-Demand G and VT instances
_ON_DEMAND = {
    **dict.fromkeys(("a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z"), _STANDARD),
    **dict.fromkeys(("g", "gr", "vt"), _G_AND_VT),
    "hpc": "L-F7808C92",  # Running On-Demand HPC instances
    "inf": "L-1945791B",  # Running On-Demand Inf instances
    "p": "L-417A185B",  # Running On-Demand P instances: one quota for every generation, unlike spot
    "trn": "L-2C3B7624",  # Running On-Demand Trn instances
    "u": "L-43DA4232",  # Running On-Demand High Memory instances
    "x": "L-7295265B",  # Running On-Demand X instances
}

_SPOT_STANDARD = "L-34B43A08"  # All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests
_SPOT_G_AND_VT = "L-3819A6DF"  # All G and VT Spot Instance Requests
_SPOT_P2_TO_P4 = "L-7212CCBC"  # All P4, P3 and P2 Spot Instance Requests
_SPOT = {
    **dict.fromkeys(("a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z"), _SPOT_STANDARD),
    **dict.fromkeys(("g", "gr", "vt"), _SPOT_G_AND_VT),
    "inf": "L-B5D1601B",  # All Inf Spot Instance Requests
    "p2": _SPOT_P2_TO_P4,
    "p3": _SPOT_P2_TO_P4,
    "p4": _SPOT_P2_TO_P4,
    "p5": "L-C4BD4855",  # All P5 Spot Instance Requests
    # p6 is left out: no row of the page names it, and public lists disagree whether it shares P5's quota.
    "trn": "L-6B0D517C",  # All Trn Spot Instance Requests
    "x": "L-E3A00192",  # All X Spot Instance Requests
}

# gr6 -> ("gr", "6"), p6-b300 -> ("p", "6"), u7i-12tb -> ("u", "7")
_FAMILY = re.compile(r"([a-z]+)(\d+)")


def on_demand(name: str) -> str | None:
    """The quota code of running on-demand vCPUs for a type; None where no source gives one."""
    match = _FAMILY.match(name)
    return _ON_DEMAND.get(match[1]) if match else None


def spot(name: str) -> str | None:
    """The quota code of spot vCPUs for a type; None where no source gives one (p6)."""
    match = _FAMILY.match(name)
    return _SPOT.get(match[0], _SPOT.get(match[1])) if match else None


_NAMES = {
    _STANDARD: "Running On-Demand Standard instances",
    _G_AND_VT: "Running On-Demand G and VT instances",
    "L-F7808C92": "Running On-Demand HPC instances",
    "L-1945791B": "Running On-Demand Inf instances",
    "L-417A185B": "Running On-Demand P instances",
    "L-2C3B7624": "Running On-Demand Trn instances",
    "L-43DA4232": "Running On-Demand High Memory instances",
    "L-7295265B": "Running On-Demand X instances",
    _SPOT_STANDARD: "All Standard Spot Instance Requests",
    _SPOT_G_AND_VT: "All G and VT Spot Instance Requests",
    _SPOT_P2_TO_P4: "All P4, P3 and P2 Spot Instance Requests",
    "L-B5D1601B": "All Inf Spot Instance Requests",
    "L-C4BD4855": "All P5 Spot Instance Requests",
    "L-6B0D517C": "All Trn Spot Instance Requests",
    "L-E3A00192": "All X Spot Instance Requests",
}


def quota_name(code: str) -> str:
    """What Service Quotas calls a quota of this module, without the letters of the standard families."""
    return _NAMES[code]
