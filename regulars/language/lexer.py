"""Text to tokens."""

from __future__ import annotations

import re

from msgspec import Struct

from regulars.language import limits
from regulars.language.contracts import ExpressionFaults, Fault

TOKEN = re.compile(
    r"""(?:\s|//[^\n]*)*
    (?:(?P<number>\d[\w]*(?:\.\d[\w]*)?)
      |(?P<text>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")
      |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
      |(?P<op>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()\[\]])
      |(?P<end>\Z)
      |(?P<bad>.))""",
    re.VERBOSE | re.DOTALL,
)
ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
# PostgreSQL stores neither a zero character nor half of a pair.
UNSTORABLE = re.compile("[\\x00\\ud800-\\udfff]")
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"'}
SINGLE = {"=": ("single_operator", "=="), "&": ("single_operator", "&&"), "|": ("single_operator", "||")}
WORD_OPERATORS = {"and": "&&", "or": "||", "not": "!", "AND": "&&", "OR": "||", "NOT": "!"}


class Token(Struct, frozen=True, gc=False):
    """`kind` is number, text, name, op or end; `value` a whole number, (digits, scale) of an amount, or a str."""

    kind: str
    value: object
    start: int
    end: int


def fault(code: str, start: int, end: int, **params: object) -> ExpressionFaults:
    """One fault as the exception that carries it."""
    return ExpressionFaults(errors=(Fault(code, params, start, end),))


def tokens(text: str) -> list[Token]:
    """All tokens of `text`, ending in one of kind "end". Raises ExpressionFaults."""
    if len(text) > limits.TEXT_LENGTH:
        raise fault("text_too_long", 0, len(text), limit=limits.TEXT_LENGTH)
    found: list[Token] = []
    errors: list[Fault] = []
    position = 0
    while not found or found[-1].kind != "end":
        match = TOKEN.match(text, position)
        assert match is not None  # the last two branches take anything
        kind = match.lastgroup or "bad"
        start, position = match.span(kind)
        try:
            raw = match[kind]
            plain = kind in ("name", "op", "end")
            found.append(Token(kind, raw if plain else _value(kind, raw, start), start, position))
        except ExpressionFaults as problem:
            errors.extend(problem.errors)
            if match[kind] in ("'", '"'):
                break
    if errors:
        raise ExpressionFaults(errors=tuple(errors))
    return found


def _value(kind: str, raw: str, start: int) -> object:
    if kind == "number":
        return _number(raw, start)
    if kind == "text":
        return _text(raw, start)
    end = start + len(raw)
    if raw in SINGLE:
        code, use = SINGLE[raw]
        raise fault(code, start, end, found=raw, use=use)
    if raw in ("'", '"'):
        raise fault("open_text", start, end)
    raise fault("bad_character", start, end, found=raw)


def _number(raw: str, start: int) -> int | tuple[int, int]:
    whole, _, decimals = raw.partition(".")
    end = start + len(raw)
    if not (whole.isascii() and whole.isdigit()) or (decimals and not (decimals.isascii() and decimals.isdigit())):
        raise fault("bad_number", start, end, found=raw)
    if len(decimals) > limits.DECIMALS:
        raise fault("too_many_decimals", start, end, limit=limits.DECIMALS)
    if len((whole + decimals).lstrip("0")) > limits.CONSTANT_DIGITS:
        raise fault("number_too_large", start, end, limit=limits.CONSTANT_DIGITS)
    return (int(whole + decimals), len(decimals)) if decimals else int(whole)


def _text(raw: str, start: int) -> str:
    def plain(match: re.Match[str]) -> str:
        name = match[1]
        place = start + 1 + match.start()
        if name in ESCAPES:
            return ESCAPES[name]
        code = int(name[1:], 16) if len(name) == len("u0000") else 0
        if code == 0 or UNSTORABLE.match(chr(code)):
            raise fault("bad_escape", place, place + len(match[0]), found=match[0])
        return chr(code)

    body = raw[1:-1]
    bad = UNSTORABLE.search(body)
    if bad is not None:
        raise fault("bad_character", start + 1 + bad.start(), start + 2 + bad.start(), found=ascii(bad[0]))
    return ESCAPE.sub(plain, body) if "\\" in body else body
