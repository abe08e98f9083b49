"""Which reads of an expression deserve a local name in its compiled function."""

from __future__ import annotations

from collections import Counter

from regulars.language.tree import Read, Typed, Walk


def repeated(node: Typed) -> list[Read]:
    """What is read more than once, or inside a walk though it does not depend on it; outer records first."""
    uses: Counter[str] = Counter()
    first: dict[str, Read] = {}
    _count_reads(node, 1, uses, first)
    paths = sorted(first, key=lambda path: (path.count("."), path))
    return [first[path] for path in paths if uses[path] > 1]


def _count_reads(node: Typed, weight: int, uses: Counter[str], first: dict[str, Read]) -> None:
    """Count the reads that depend on no walk and sit on no empty record."""
    if isinstance(node, Read) and _is_fixed(node):
        assert node.path is not None
        uses[node.path] += weight
        first.setdefault(node.path, node)
        if node.path in first and uses[node.path] > weight:
            # The fields below are read once more only through this one, which will have a name.
            return
    if isinstance(node, Walk):
        _count_reads(node.source, weight, uses, first)
        _count_reads(node.body, 2, uses, first)
        return
    for child in node.children():
        _count_reads(child, weight, uses, first)


def _is_fixed(node: Read) -> bool:
    base = node.base
    while isinstance(base, Read) and not base.nullable:
        base = base.base
    return base is None and node.path is not None
