"""YAML 1.2 as a tree of nodes that know their place: no tags, anchors, aliases or merge keys, every scalar a text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from regulars.program.contracts.report import Fault
from regulars.program.faults import fault

BYTES_MAX: Final = 2 * 1024 * 1024
DEPTH_MAX: Final = 20


@dataclass(slots=True)
class Scalar:
    """A text; `quoted` tells `"3"` from 3. `line` and `column` count from 1, `index` is the offset in the file."""

    text: str
    quoted: bool
    line: int
    column: int
    index: int
    end: int
    style: str = ""


@dataclass(slots=True)
class Sequence:
    """A list of nodes."""

    line: int
    column: int
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Mapping:
    """Keys and their nodes in the order written, each key once."""

    line: int
    column: int
    items: dict[str, Node] = field(default_factory=dict)
    keys: dict[str, Scalar] = field(default_factory=dict)


Node = Scalar | Sequence | Mapping


def parse(text: str) -> tuple[Mapping | None, list[Fault]]:
    """The root mapping of a file and every fault of form in it. A file that is no YAML at all gives one fault."""
    size = len(text.encode())
    if size > BYTES_MAX:
        return None, [fault("file_too_large", "", line=1, column=1, size=size, most=BYTES_MAX)]
    builder = _Builder()
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            builder.take(event)
    except MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        found = " ".join(str(problem.problem or problem.context or "").split())
        return None, [*builder.faults, fault("not_yaml", "", line=line, column=column, problem=found)]
    except (ValueError, YAMLError) as problem:
        # Control characters, which YAML forbids, come without a mark but with an offset.
        before = text[: getattr(problem, "position", 0) or 0]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        found = str(problem).splitlines()[0]
        return None, [*builder.faults, fault("not_yaml", "", line=line, column=column, problem=found)]
    if not isinstance(builder.root, Mapping):
        return None, [*builder.faults, fault("not_a_program", "", line=1, column=1)]
    return builder.root, builder.faults


class _Builder:
    def __init__(self) -> None:
        self.root: Node | None = None
        self.faults: list[Fault] = []
        self._open: list[tuple[Mapping | Sequence, Scalar | None]] = []
        self._documents = 0

    def take(self, event: Any) -> None:
        if isinstance(event, DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._fault("several_documents", event)
        elif isinstance(event, NodeEvent):
            self._node(event)
        elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
            self._open.pop()

    def _node(self, event: Any) -> None:
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        if isinstance(event, AliasEvent) or event.anchor:
            self._fault("yaml_anchor", event, name=event.anchor)
        elif event.tag:
            self._fault("yaml_tag", event, tag=event.tag.replace("tag:yaml.org,2002:", "!!"))
        node: Node
        if isinstance(event, MappingStartEvent):
            node = Mapping(line, column)
        elif isinstance(event, SequenceStartEvent):
            node = Sequence(line, column)
        else:
            node = self._scalar(event, line, column)
        self._place(node, event)
        if not isinstance(node, Scalar):
            if len(self._open) >= DEPTH_MAX:
                # Not a fault of one definition: deeper nesting is never ours, and a bomb must not fill the memory.
                raise ValueError(f"nested more than {DEPTH_MAX} levels deep")
            self._open.append((node, None))

    @staticmethod
    def _scalar(event: Any, line: int, column: int) -> Scalar:
        if not isinstance(event, ScalarEvent):
            return Scalar("", False, line, column, event.start_mark.index, event.end_mark.index)
        style = event.style or ""
        return Scalar(event.value, bool(style), line, column, event.start_mark.index, event.end_mark.index, style)

    def _place(self, node: Node, event: Any) -> None:
        if not self._open:
            if self._documents == 1:
                self.root = node
            return
        parent, key = self._open[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
        elif key is None:
            self._open[-1] = (parent, self._key(parent, node, event))
        else:
            parent.items.setdefault(key.text, node)
            parent.keys.setdefault(key.text, key)
            self._open[-1] = (parent, None)

    def _key(self, parent: Mapping, node: Node, event: Any) -> Scalar:
        if not isinstance(node, Scalar):
            self._fault("key_not_text", event)
            return Scalar("", False, node.line, node.column, 0, 0)
        if node.text == "<<" and not node.quoted:
            self._fault("yaml_merge", event)
        if node.text in parent.items:
            first = parent.keys[node.text]
            self._fault("written_twice", event, name=node.text, first=first.line)
        return node

    def _fault(self, code: str, event: Any, **params: Any) -> None:
        mark = event.start_mark
        self.faults.append(fault(code, "", line=mark.line + 1, column=mark.column + 1, **params))


def position(source: str, scalar: Scalar, offset: int) -> tuple[int, int]:
    """Line and column in the file of a character of a scalar's text, counted from 1.

    Walks text and source side by side, because escapes, folded lines and indentation make them differ.
    """
    at = scalar.index
    if scalar.style in {"|", ">"}:
        at = source.find("\n", at) + 1
    elif scalar.quoted:
        at += 1
    for letter in scalar.text[:offset]:
        at = _past(source, _skip(source, at, letter, scalar), letter, scalar)
    following = scalar.text[offset : offset + 1]
    if following:
        at = _skip(source, at, following, scalar)
    at = min(at, len(source))
    return source.count("\n", 0, at) + 1, at - (source.rfind("\n", 0, at) + 1) + 1


def _skip(source: str, at: int, letter: str, scalar: Scalar) -> int:
    if letter not in {"\n", " "}:
        while at < scalar.end and source[at : at + 1] in {"\n", " ", "\r"}:
            at += 1
    return at


def _past(source: str, at: int, letter: str, scalar: Scalar) -> int:
    if scalar.style == '"' and source[at : at + 1] == "\\":
        return at + {"x": 4, "u": 6, "U": 10}.get(source[at + 1 : at + 2], 2)
    if scalar.style == "'" and letter == "'":
        return at + 2
    return at + 1
