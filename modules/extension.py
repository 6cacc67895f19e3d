"""The program of a layout's `extension`: resources and providers of the user's own in the stacks of the layout.

It is run here, as stacks are made: a layout is loaded and checked without it.
"""

from __future__ import annotations

import inspect
import sys
import traceback
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Protocol

from cdktf import TerraformStack

from .addressed_stack import AddressedStack
from .bindings.renamed_import import SameModules
from .layout import Fault, Layout, LayoutError, Origin

FUNCTION = "extend"
# The import package of this one where it is installed; in a checkout it is `modules`.
PUBLIC_NAME = "eks_training"
_OWN_NAME = __name__.rpartition(".")[0]
_PATH = ("extension",)
_CALLS_SHOWN = 3
_RUN_BY_OTHERS = (inspect.isgeneratorfunction, inspect.iscoroutinefunction, inspect.isasyncgenfunction)


class Extend(Protocol):
    """The function `extend` of an extension."""

    def __call__(self, stack: AddressedStack, layout: Layout) -> None:
        """Adds to one of the layout's stacks; called for each, in the order in which they are deployed.

        Args:
            stack: a `DataStack`, `ClusterStack`, `PlatformStack` or `WorkloadsStack`, with all that the layout makes of it.
                Its attributes have the constructs, and theirs the resources.
            layout: the layout.
        """
        ...


def extend_stacks(file: Path, layout: Layout, stacks: Sequence[AddressedStack]) -> None:
    """Runs an extension on the stacks of a layout.

    Raises:
        LayoutError: the file cannot be read or is no Python, has no function `extend`, or fails; the fault names its line.
    """
    _make_public()
    app = stacks[0].node.root
    before = _stacks_in(app)
    with _importing_beside(file):
        extend = _function(file)
        for stack in stacks:
            with _telling(file, f"{FUNCTION} fails for the stack {stack.node.id}"):
                extend(stack, layout)
    own = [name for name in _stacks_in(app) if name not in before]
    if own:
        problem = (
            f"it makes a stack of its own, {', '.join(own)}, which no command would plan, deploy or destroy"
        )
        remedy = (
            "Add to the stacks that `extend` is given; a program of your own may have more: docs/library.md."
        )
        raise _refused(Origin(str(file)), problem, remedy)


def refused_synthesis(files: Sequence[str], error: Exception) -> LayoutError:
    """What CDKTF says as it writes stacks that have something of an extension in them, or of one of several."""
    first, *others = files
    what = "".join(["what it makes", *(f", or what {other} makes" for other in others)])
    remedy = "It is told as the stacks are written, after the extension has ended: look at what that adds."
    return _refused(Origin(first), f"CDKTF refuses {what}: {_message(error)}", remedy)


def _function(file: Path) -> Extend:
    try:
        source = file.read_bytes()
    except OSError as error:
        problem = f"it cannot be read: {error.strerror or error}"
        raise _refused(Origin(str(file)), problem, "Give the path of a Python file.") from None
    # Not by the import system: that would leave compiled files beside it, and keep it for the next run of this process.
    module = ModuleType(f"layout_extension_{file.stem}")
    module.__file__ = str(file)
    sys.modules[module.__name__] = module
    with _telling(file, "it fails as it is read"):
        exec(compile(source, str(file), "exec", dont_inherit=True), vars(module))
    function = getattr(module, FUNCTION, None)
    if not callable(function):
        problem = f"it has no function {FUNCTION}"
        raise _refused(Origin(str(file)), problem, f"Write `def {FUNCTION}(stack, layout):` in it.")
    line = getattr(getattr(function, "__code__", None), "co_firstlineno", 0)
    if any(is_one(function) for is_one in _RUN_BY_OTHERS):
        problem = f"its {FUNCTION} is a generator or a coroutine: a call of it runs nothing"
        remedy = f"Write `def {FUNCTION}(stack, layout):`, without async, await and yield."
        raise _refused(Origin(str(file), line), problem, remedy)
    try:
        inspect.signature(function).bind(None, None)
    except TypeError:
        problem = f"its {FUNCTION} cannot be called with a stack and a layout"
        raise _refused(Origin(str(file), line), problem, f"Write `def {FUNCTION}(stack, layout):`.") from None
    return function  # type: ignore[no-any-return]  # what a program of the user has is anything


def _refused(origin: Origin, problem: str, remedy: str) -> LayoutError:
    return LayoutError([Fault(origin, _PATH, problem, remedy, "extension")])


@contextmanager
def _telling(file: Path, what: str) -> Iterator[None]:
    """Turns an error of the user's program into a fault with the lines of it that led there."""
    try:
        yield
    except (LayoutError, KeyboardInterrupt):
        raise
    except SyntaxError as error:
        if error.filename != str(file):
            raise _failure(file, what, error) from None
        problem = (
            f"is no Python that this version ({sys.version_info[0]}.{sys.version_info[1]}) reads: {error.msg}"
        )
        remedy = f"Correct this line: {(error.text or '').strip()}"
        raise _refused(Origin(str(file), error.lineno or 0), problem, remedy) from None
    except (Exception, SystemExit) as error:  # noqa: BLE001  # it is the user's program, and may raise anything
        raise _failure(file, what, error) from None


def _failure(file: Path, what: str, error: BaseException) -> LayoutError:
    calls = [one for one in traceback.extract_tb(error.__traceback__) if one.filename == str(file)]
    line = (calls[-1].lineno or 0) if calls else 0
    lines = [f"{file.name}:{one.lineno}, in {one.name}: {one.line}" for one in calls[-_CALLS_SHOWN:]]
    return _refused(
        Origin(str(file), line), f"{what}: {_message(error)}", "\n    ".join(lines) or "Look at the file."
    )


def _message(error: BaseException) -> str:
    """An error in one line; behind the first, Node's have its own calls."""
    first = str(error).strip().partition("\n")[0]
    kind = type(error).__name__
    return first if type(error) is RuntimeError and first else f"{kind}: {first}" if first else kind


@contextmanager
def _importing_beside(file: Path) -> Iterator[None]:
    """Lets the program import what lies beside it. Last: nothing there can take the place of another module."""
    folder = str(file.parent)
    before = frozenset(sys.modules)
    sys.path.append(folder)
    try:
        yield
    finally:
        _forget_beside(folder, before)
        if folder in sys.path:
            sys.path.reverse()
            sys.path.remove(folder)
            sys.path.reverse()


def _forget_beside(folder: str, before: Collection[str]) -> None:
    """Forgets the modules of a folder: beside the extension of another layout, another may have the same name."""
    new = {name.partition(".")[0] for name in sys.modules if name not in before}
    beside = {name for name in new - set(before) if _lies_in(folder, sys.modules.get(name))}
    for name in [one for one in sys.modules if one.partition(".")[0] in beside]:
        del sys.modules[name]


def _lies_in(folder: str, module: ModuleType | None) -> bool:
    spec = getattr(module, "__spec__", None)
    if spec is None:
        return False
    places = spec.submodule_search_locations
    return any(
        str(Path(place).parent) == folder for place in ([spec.origin or ""] if places is None else places)
    )


def _stacks_in(app: object) -> list[str]:
    children = app.node.children  # type: ignore[attr-defined]  # the root of a stack is a construct
    return [one.node.id for one in children if isinstance(one, TerraformStack)]


def _own(name: str) -> str | None:
    """The name that a module of the public package has here."""
    package, dot, rest = name.partition(".")
    return f"{_OWN_NAME}{dot}{rest}" if package == PUBLIC_NAME else None


def _make_public() -> None:
    """Lets a program say `eks_training` in a checkout as well."""
    there = PUBLIC_NAME == _OWN_NAME or PUBLIC_NAME in sys.modules
    if not there and not any(isinstance(one, SameModules) and one.other is _own for one in sys.meta_path):
        sys.meta_path.insert(0, SameModules(_own, "in a checkout"))
