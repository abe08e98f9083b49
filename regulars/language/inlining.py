"""`'x' in member.segments` replaced by what it stands for: the condition of x itself, or a text of SQL of our own.

Whoever counts members by SQL has no list of segments to look into: it would be as old as the member's last activity.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from regulars.language import folding
from regulars.language.tree import Constant, Member, Read, Typed, Walk
from regulars.language.types import BOOL

Stands = Callable[[str], Typed | str]
"""Of a value of the list: a checked condition, or SQL that is true or false."""


def inlined(node: Typed, path: str, stands: Stands) -> Typed:
    """The tree with each test of a constant against the list under `path` written out."""
    if isinstance(node, Member) and isinstance(node.item, Constant) and _reads(node.list, path):
        return _written_out(node, stands(str(node.item.value)), path, stands)
    if isinstance(node, Walk):
        # Walks are told apart by numbers of their own expression: what is put inside one might have the same.
        return msgspec.structs.replace(node, source=inlined(node.source, path, stands))
    return folding.rebuilt(node, lambda part: inlined(part, path, stands))


def _reads(node: Typed, path: str) -> bool:
    return isinstance(node, Read) and node.path == path


def _written_out(node: Member, found: Typed | str, path: str, stands: Stands) -> Typed:
    if isinstance(found, str):
        return Read(start=node.start, end=node.end, type=BOOL, base=None, name="", path=None, python="", sql=found)
    # A segment may name another one; a circle was refused when they were published.
    return inlined(found, path, stands)
