"""The types of arguments are worked out once for each of jsii's stubs, and are what Python makes of them."""

from __future__ import annotations

import typing
from typing import Any

from modules.bindings.type_hints import remember_type_hints, remembering


def _typecheckingstub__of_a_vpc(cidr_block: str | None = None) -> None:
    """As jsii writes them."""


def of_a_program(count: int) -> None:
    """Whose annotations may change."""


def test_a_stub_is_worked_out_once_and_anything_else_each_time() -> None:
    asked: list[Any] = []

    def work_out(of: Any, *more: Any, **named: Any) -> dict[str, Any]:
        asked.append(of)
        return typing.get_type_hints(of, *more, **named)

    hints = remembering(work_out)
    for _ in range(2):
        assert hints(_typecheckingstub__of_a_vpc) == {"cidr_block": str | None, "return": type(None)}
        assert hints(of_a_program) == {"count": int, "return": type(None)}
    assert asked == [_typecheckingstub__of_a_vpc, of_a_program, of_a_program]
    hints(_typecheckingstub__of_a_vpc, include_extras=True)
    assert asked[3:] == [_typecheckingstub__of_a_vpc]


def test_the_bindings_have_it_remembered_and_a_second_time_changes_nothing() -> None:
    installed = typing.get_type_hints
    assert hasattr(installed, "of_stubs")
    remember_type_hints()
    assert typing.get_type_hints is installed
