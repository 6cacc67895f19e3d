"""What a plan would do to each box: one verb for all that belongs to it, and boxes for what will be gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from .boxes import Box, Text, Verb, grid

# The sign, as in Terraform's plans, and the word of each, so that nobody needs to see the colour.
SIGNS: Mapping[Verb, tuple[str, str]] = {
    "create": ("+", "added"),
    "update": ("~", "changed"),
    "replace": ("-/+", "replaced"),
    "delete": ("-", "destroyed"),
    "forget": (".", "forgotten"),
}
Changes = list[tuple[str, Verb]]
_GOING = ("delete", "forget")
_STRONGEST: Sequence[Verb] = ("replace", "delete", "forget", "create", "update")
# Resources that will be gone are drawn one by one up to this many in a stack.
_GONE = 24
_NOTABLE = (
    "aws_eks_node_group",
    "aws_eks_cluster",
    "aws_fsx",
    "aws_s3_bucket.",
    "aws_ecr_repository.",
    "aws_subnet",
    "aws_vpc.",
    "aws_nat_gateway",
    "aws_launch_template",
    "aws_placement_group",
    "helm_release",
    "kubernetes_",
)


def colour(root: Box, changes: Mapping[str, Verb]) -> None:
    """Marks the boxes of a tree, and adds to its stacks what they have no longer."""
    by_resource: dict[str, Changes] = {}
    for address, verb in changes.items():
        by_resource.setdefault(_resource(address), []).append((address, verb))
    boxes = [*_all(root)]
    gone: dict[str, Changes] = {}
    for resource, found in by_resource.items():
        left = _without_box(resource, found, [box for box in boxes if resource in box.addresses])
        by_resource[resource] = [one for one in found if one not in left]
        if left:
            gone.setdefault(resource.partition("/")[0], []).extend(left)
    for box in boxes:
        if box.kind == "stack":
            box.change = _whole(box, by_resource) or _verb(box, by_resource)
            _count(box, changes)
        else:
            box.change = _verb(box, by_resource)
    stacks = {box.name: box for box in boxes if box.kind == "stack"}
    for stack, found in gone.items():
        if stack not in stacks:
            stacks[stack] = Box("stack", stack, [Text(f"Stack {stack}, not in this layout", "title")])
            root.children.append(stacks[stack])
        stacks[stack].children.append(_removed(found))


def used(root: Box) -> tuple[Verb, ...]:
    """The verbs that a tree has, in the order of `SIGNS`."""
    found = {box.change for box in _all(root)}
    return tuple(verb for verb in SIGNS if verb in found)


def signed(box: Box) -> list[Text]:
    """The texts of a box, with what happens to it before them."""
    if box.change is None:
        return [*box.texts]
    sign, word = SIGNS[box.change]
    return [Text(f"{sign} {word}", "sign"), *box.texts]


def _all(box: Box) -> Iterator[Box]:
    yield box
    for child in box.children:
        yield from _all(child)


def _resource(address: str) -> str:
    """An address without the key of its instance."""
    return address.partition("[")[0]


def _key(address: str) -> str:
    """The key of an instance, `a` of `x.y["a"]`."""
    return address.partition("[")[2].rstrip("]").strip('"')


def _without_box(resource: str, found: Changes, boxes: Sequence[Box]) -> Changes:
    """What goes and is not in the picture: a resource that the layout lacks, or an instance of one that it still has."""
    if not boxes:
        return found
    instances = [box.instance for box in boxes if resource in box.own and box.instance]
    going = [(address, verb) for address, verb in found if verb in _GOING and address != resource]
    if instances and not any(map(_unknown, instances)):
        return [(address, verb) for address, verb in going if _key(address) not in instances]
    # Which of the instances with a key of the plan's time is meant, nobody can tell, unless all go.
    return going if len(going) < max(len(found), len(instances)) else []


def _unknown(instance: str) -> bool:
    return "." in instance


def _meant(box: Box, address: str) -> bool:
    if "[" not in address or box.instance is None or _unknown(box.instance):
        return True
    return _key(address) == box.instance


def _verb(box: Box, by_resource: Mapping[str, Changes]) -> Verb | None:
    """What happens to the box: to the resource that it is, or a change if only something happens that belongs to it."""
    own = {verb for key in box.own for address, verb in by_resource.get(key, ()) if _meant(box, address)}
    for verb in _STRONGEST:
        if verb in own:
            return verb
    others = any(by_resource.get(key) for key in box.addresses if key not in box.own)
    return "update" if others else None


def _whole(stack: Box, by_resource: Mapping[str, Changes]) -> Verb | None:
    """The verb of all resources of a stack, if it is one for all of them."""
    resources = {key for box in _all(stack) for key in box.addresses if "/data." not in key}
    verbs = {verb for key in resources for _, verb in by_resource.get(key, ())}
    if len(verbs) == 1 and all(by_resource.get(key) for key in resources):
        return verbs.pop()
    return None


def _count(stack: Box, changes: Mapping[str, Verb]) -> None:
    """Says in a stack's heading how much changes in it; of one without changes nothing, as it may have had no plan."""
    counts: Counter[Verb] = Counter(
        verb for address, verb in changes.items() if address.startswith(f"{stack.name}/")
    )
    told = ", ".join(f"{counts[verb]:,} {SIGNS[verb][1]}" for verb in SIGNS if counts[verb])
    if told:
        stack.texts = [*stack.texts, Text(told, "note")]


def _removed(found: Changes) -> Box:
    """What will be gone: the notable things one by one, the rest as a number, all of them by address."""
    ordered = sorted(found, key=lambda one: (not _notable(one[0]), one[0]))
    shown = [one for one in ordered if _notable(one[0])][:_GONE] or ordered[:_GONE]
    boxes = [
        _removed_box(address, Text(address.partition("/")[2], "note"), (address,), verb)
        for address, verb in shown
    ]
    rest = [one for one in ordered if one not in shown]
    if rest:
        addresses = tuple(address for address, _ in rest)
        verb = rest[0][1] if len({verb for _, verb in rest}) == 1 else "delete"
        text = Text(f"and {len(rest):,} more that belong{'s' if len(rest) == 1 else ''} to these", "note")
        boxes.append(_removed_box(text.text, text, addresses, verb))
    title = Text("In the plan, and no longer in this layout", "name")
    return Box("gone", "gone", [title], children=[grid(boxes, 3, least=3)])


def _removed_box(name: str, text: Text, addresses: tuple[str, ...], verb: Verb) -> Box:
    return Box("removed", name, [text], own=addresses, addresses=addresses, change=verb)


def _notable(address: str) -> bool:
    return address.partition("/")[2].startswith(_NOTABLE)
