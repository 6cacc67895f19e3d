"""Markdown of somebody who may not be trusted, made so that it only reads."""

from __future__ import annotations

import re

# Nothing is seen of it, and neither Markdown nor a forge sees a tag, a mention or an address across it.
_GAP = "\u2060"
# What the review folds its lists with; of everything else in angle brackets nothing is left but text.
_KEPT = re.compile(r"</?(?:details|summary|code|b|br)>", re.I)
# Characters that draw nothing or turn text round, but for tab and line end.
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
# Entities that are text and begin nothing, by which the review writes what Markdown would read. Any other is broken: `&commat;`
# calls somebody as `@` does, https://github.com/github/cmark-gfm/issues/181
_NUMBER = r"(?:33|36|38|42|60|62|91|92|93|95|96|123|124|125|126|x27);"
# Where a forge or a browser would act: entities, tags, mentions, references to issues, links and images, bare addresses. An address
# may begin behind an underscore, which is no end of a word: https://github.github.com/gfm/#autolinks-extension-
_ACTING = re.compile(
    rf"&(?!#{_NUMBER}|(?:amp|lt|gt|quot);)(?=[#A-Za-z])"
    r"|<(?=[A-Za-z/!?])"
    r"|@(?=\w)"
    rf"|#(?!(?<=&#){_NUMBER})(?=\d)"
    r"|GH(?=-\d)"
    r"|\](?=[(\[:])"
    r"|:(?=//)"
    r"|(?:mailto|javascript|data|xmpp):"
    r"|www(?=\.)",
    re.I,
)


def neutral(text: str) -> str:
    """The same to read, with nothing in it that calls somebody, leads or loads from somewhere, or is a tag.

    Mentions (`@team`), references (`#1`), links, images, addresses, entities and HTML are broken by a character without width, so
    that code still reads as it did; what the review folds and sets its lists with (`_KEPT`) stays, without attributes. GitLab's quick actions
    (`/close` at the start of a line) do not get past a leading space.
    """
    shown = _HIDDEN.sub("", text.replace("\r\n", "\n"))
    shown = re.sub(r"^[ \t]*/(?=[a-z])", f"{_GAP}/", shown, flags=re.M)
    parts = re.split(f"({_KEPT.pattern})", shown, flags=re.I)
    return "".join(
        part if _KEPT.fullmatch(part) else _ACTING.sub(lambda match: match[0] + _GAP, part) for part in parts
    )


def within(text: str, characters: int, more: str) -> str:
    """The beginning of a text, cut at a line's end, with all folds closed and `more` below; whole where it fits."""
    if len(text) <= characters:
        return text
    kept = text[: max(characters - len(more) - 64, 0)].rpartition("\n")[0]
    if len(re.findall(r"^(?:```|~~~)", kept, re.M)) % 2:
        kept += "\n```"
    kept += "\n</details>" * max(kept.count("<details>") - kept.count("</details>"), 0)
    return f"{kept}\n\n{more}\n"
