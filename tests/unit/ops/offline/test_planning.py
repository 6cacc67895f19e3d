"""What is planned: what is known stays, and what only an apply can tell is unknown."""

from __future__ import annotations

from typing import Any

import pytest

from ops.offline.planning import planned
from ops.offline.schema import Attribute, Body, Nested, NestedBlock
from ops.offline.schema.body import Nesting
from ops.offline.values import UNKNOWN

SIZE = Body(
    {
        "desired": Attribute("desired", "number", required=True),
        "chosen": Attribute("chosen", "string", optional=True, computed=True),
        "made": Attribute("made", "string", computed=True),
    }
)


def body(nesting: Nesting = "list") -> Body:
    return Body(
        {
            "id": Attribute("id", "string", computed=True),
            "name": Attribute("name", "string", required=True),
            "note": Attribute("note", "string", optional=True),
            "version": Attribute("version", "string", optional=True, computed=True),
        },
        {"size": NestedBlock("size", nesting, SIZE)},
    )


def values(**given: Any) -> dict[str, Any]:
    return {"id": None, "name": "n", "note": None, "version": None, "size": [], **given}


def size(desired: int, chosen: str | None = None, made: str | None = None) -> dict[str, Any]:
    return {"desired": desired, "chosen": chosen, "made": made}


def test_on_creation_all_that_is_computed_and_not_configured_is_unknown() -> None:
    config = values()
    assert planned(body(), config, None, config) == values(id=UNKNOWN, version=UNKNOWN)


def test_on_creation_what_is_configured_is_planned_as_it_is() -> None:
    config = values(version="1.35", note="", name=UNKNOWN)
    assert planned(body(), config, None, config) == values(id=UNKNOWN, version="1.35", note="", name=UNKNOWN)


def test_what_is_configured_as_empty_is_not_made_up() -> None:
    config = values(version="")
    assert planned(body(), config, None, config)["version"] == ""


def test_a_change_keeps_what_is_known() -> None:
    prior = values(id="i", version="1.34", note="old")
    config = values(note="new")
    # Core proposes what there is for a computed attribute.
    proposed = values(id="i", version="1.34", note="new")
    assert planned(body(), config, prior, proposed) == proposed


def test_what_was_never_told_is_unknown_in_a_change_unless_it_can_be_set() -> None:
    prior = values()
    assert planned(body(), values(), prior, values()) == values(id=UNKNOWN)


def test_the_arguments_are_left_as_they_were() -> None:
    config = values(size=[size(1)])
    proposed = values(size=[size(1)])
    planned(body(), config, None, proposed)
    assert config == values(size=[size(1)])
    assert proposed == values(size=[size(1)])


@pytest.mark.parametrize("nesting", ["list", "set"])
def test_blocks_of_something_new_are_unknown_where_they_are_computed(nesting: Nesting) -> None:
    config = values(size=[size(1), size(2, chosen="c")])
    assert planned(body(nesting), config, None, config)["size"] == [
        size(1) | {"chosen": UNKNOWN, "made": UNKNOWN},
        size(2, chosen="c") | {"made": UNKNOWN},
    ]


def test_a_block_that_is_there_already_keeps_what_it_has_and_one_more_is_new() -> None:
    prior = values(id="i", size=[size(1, "c", "m")])
    config = values(size=[size(3), size(2)])
    proposed = values(id="i", size=[size(3, "c", "m"), size(2)])
    assert planned(body(), config, prior, proposed)["size"] == [
        size(3, "c", "m"),
        size(2) | {"chosen": UNKNOWN, "made": UNKNOWN},
    ]


def test_a_member_of_a_set_that_is_there_already_is_unchanged_wherever_it_stands() -> None:
    prior = values(id="i", size=[size(1, "c", "m")])
    config = values(size=[size(2), size(1)])
    proposed = values(id="i", size=[size(1, "c", "m"), size(2)])
    assert planned(body("set"), config, prior, proposed)["size"] == [
        size(1, "c", "m"),
        size(2) | {"chosen": UNKNOWN, "made": UNKNOWN},
    ]


def test_a_member_of_a_set_that_is_there_with_nothing_in_it_keeps_the_nothing() -> None:
    prior = values(id="i", size=[size(1, None, "m")])
    config = values(size=[size(1)])
    assert planned(body("set"), config, prior, prior)["size"] == [size(1, None, "m")]


def test_a_single_block_is_new_kept_or_not_there() -> None:
    single = body("single")
    unknown = size(1) | {"chosen": UNKNOWN, "made": UNKNOWN}
    config = values(size=size(1))
    assert planned(single, config, None, config)["size"] == unknown
    prior = values(id="i", size=size(1, "c", "m"))
    proposed = values(id="i", size=size(1, "c", "m"))
    assert planned(single, config, prior, proposed)["size"] == size(1, "c", "m")
    without = values(size=None)
    assert planned(single, without, prior, without)["size"] is None
    # A block that comes to something that is there is as new as one that comes with it.
    assert planned(single, config, values(id="i", size=None), values(id="i", size=size(1)))["size"] == unknown


@pytest.mark.parametrize("given", [UNKNOWN, [UNKNOWN]])
def test_blocks_that_are_not_known_yet_stay_so(given: Any) -> None:
    config = values(size=given)
    for nesting in ("list", "set"):
        assert planned(body(nesting), config, None, config)["size"] == given


def nested(nesting: Nesting) -> Body:
    members = {
        "name": Attribute("name", "string", required=True),
        "chosen": Attribute("chosen", "string", optional=True, computed=True),
        "made": Attribute("made", "string", computed=True),
    }
    return Body(
        {
            "set": Attribute("set", nested=Nested(nesting, members), optional=True),
            "metadata": Attribute("metadata", nested=Nested("single", members), computed=True),
        }
    )


def member(name: str, chosen: Any = None, made: Any = None) -> dict[str, Any]:
    return {"name": name, "chosen": chosen, "made": made}


def test_members_of_a_nested_attribute_are_unknown_where_they_are_computed() -> None:
    config: dict[str, Any] = {"set": [member("a")], "metadata": None}
    assert planned(nested("list"), config, None, config) == {
        "set": [member("a", UNKNOWN, UNKNOWN)],
        "metadata": UNKNOWN,
    }
    config = {"set": member("a", "c"), "metadata": None}
    assert planned(nested("single"), config, None, config)["set"] == member("a", "c", UNKNOWN)


def test_a_nested_attribute_keeps_what_it_has_and_one_more_is_new() -> None:
    known = member("a", None, "m")
    prior = {"set": [known], "metadata": known}
    config = {"set": [member("a"), member("b")], "metadata": None}
    proposed = {"set": [known, member("b")], "metadata": known}
    assert planned(nested("list"), config, prior, proposed) == {
        "set": [known, member("b", UNKNOWN, UNKNOWN)],
        "metadata": known,
    }


@pytest.mark.parametrize("given", [None, UNKNOWN])
def test_a_nested_attribute_that_is_not_set_or_not_known_stays_so(given: Any) -> None:
    config = {"set": given, "metadata": None}
    assert planned(nested("list"), config, None, config)["set"] is given
