"""Provider schemas, read from the TypeScript inside the installed CDKTF provider packages.

`sources` finds the TypeScript, `reader` reads it (and says what cannot be read there), `body` is what comes out, and
`package` puts them together.
"""

from .body import Attribute, Body, CtyType, Nested, NestedBlock, Nesting
from .package import BindingPackage, Kind
from .reader import read_body
from .sources import BindingSources, SchemaError

__all__ = [
    "Attribute",
    "BindingPackage",
    "BindingSources",
    "Body",
    "CtyType",
    "Kind",
    "Nested",
    "NestedBlock",
    "Nesting",
    "SchemaError",
    "read_body",
]
