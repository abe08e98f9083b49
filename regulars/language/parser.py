"""Tokens to the syntax tree: CEL's grammar without maps, messages and byte strings."""

from __future__ import annotations

from msgspec import structs

from regulars.language import limits
from regulars.language.lexer import WORD_OPERATORS, Token, fault, tokens
from regulars.language.tree import Syntax

# Loosest first, as CEL has them.
PRECEDENCE = {
    "||": 1,
    "&&": 2,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in"), 3),
    **dict.fromkeys("+-", 4),
    **dict.fromkeys("*/%", 5),
}
KIND_OF = {
    "||": "or",
    "&&": "and",
    "in": "in",
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), "compare"),
    **dict.fromkeys("+-*/%", "arithmetic"),
}
CONSTANTS = {"true": ("bool", True), "false": ("bool", False), "null": ("null", None)}


def parse(text: str) -> Syntax:
    """The syntax tree of one expression. Raises ExpressionFaults."""
    return _Parser(text).parse()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.at = 0
        self.nodes = 0
        self.open = 0
        # Chains of one operator are n-ary, but not across brackets. Nodes in brackets go by identity, and are kept
        # alive so that no other node gets an id of theirs.
        self.bracketed: dict[int, Syntax] = {}

    def parse(self) -> Syntax:
        node = self.expression()
        token = self.peek()
        if token.kind != "end":
            if token.value in WORD_OPERATORS:
                raise fault(
                    "single_operator",
                    token.start,
                    token.end,
                    found=str(token.value),
                    use=WORD_OPERATORS[str(token.value)],
                )
            raise fault("unexpected", token.start, token.end, found=self.shown(token))
        return node

    def peek(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.tokens[self.at]
        if token.kind != "end":
            self.at += 1
        return token

    def is_next(self, symbol: str) -> bool:
        token = self.tokens[self.at]
        return token.value == symbol and token.kind in ("op", "name")

    def shown(self, token: Token) -> str:
        return self.text[token.start : token.end]

    def eat(self, symbol: str) -> Token:
        token = self.peek()
        if self.is_next(symbol):
            return self.take()
        if token.kind == "end":
            raise fault("expected_but_ends", *self.at_end(), wanted=symbol)
        raise fault("expected", token.start, token.end, wanted=symbol, found=self.shown(token))

    def at_end(self) -> tuple[int, int]:
        """Where the text ends, as a place one character wide, so that an editor has something to underline."""
        end = len(self.text.rstrip())
        return end, end + 1

    def node(
        self,
        kind: str,
        start: int,
        end: int,
        value: object = None,
        of: tuple[Syntax, ...] = (),
        place: tuple[int, int] = (0, 0),
    ) -> Syntax:
        self.nodes += 1
        if self.nodes > limits.NODES:
            raise fault("too_many_parts", 0, len(self.text), limit=limits.NODES)
        depth = 1
        for child in of:
            if child.depth >= depth:
                depth = child.depth + 1
        if depth > limits.DEPTH:
            raise fault("too_deep", start, end, limit=limits.DEPTH)
        return Syntax(kind, start, end, value, of, place[0], place[1], depth)

    def expression(self) -> Syntax:
        self.open += 1
        if self.open > limits.DEPTH:
            token = self.peek()
            raise fault("too_deep", token.start, token.end, limit=limits.DEPTH)
        node = self.binary(1)
        if self.is_next("?"):
            self.take()
            # As in CEL, a choice between the two signs stands in brackets.
            yes = self.binary(1)
            self.eat(":")
            no = self.expression()
            node = self.node("choose", node.start, no.end, None, (node, yes, no))
        self.open -= 1
        return node

    def binary(self, loosest: int) -> Syntax:
        left = self.unary()
        while True:
            token = self.peek()
            level = PRECEDENCE.get(str(token.value), 0) if token.kind in ("op", "name") else 0
            if level < loosest or level == 0:
                return left
            self.take()
            right = self.binary(level + 1)
            left = self.joined(str(token.value), left, right, (token.start, token.end))

    def joined(self, op: str, left: Syntax, right: Syntax, place: tuple[int, int]) -> Syntax:
        kind = KIND_OF[op]
        if kind in ("and", "or") and left.kind == kind and id(left) not in self.bracketed:
            self.nodes -= 1
            return self.node(kind, left.start, right.end, None, (*left.of, right))
        value = None if kind in ("and", "or") else op
        return self.node(kind, left.start, right.end, value, (left, right), place)

    def unary(self) -> Syntax:
        token = self.peek()
        if token.kind == "op" and token.value in ("!", "-"):
            self.take()
            self.open += 1
            if self.open > limits.DEPTH:
                raise fault("too_deep", token.start, token.end, limit=limits.DEPTH)
            of = self.unary()
            self.open -= 1
            return self.node("not" if token.value == "!" else "negate", token.start, of.end, None, (of,))
        return self.postfix()

    def postfix(self) -> Syntax:
        node = self.primary()
        while True:
            if self.is_next("."):
                self.take()
                node = self.after_dot(node)
            elif self.is_next("["):
                node = self.index(node)
            else:
                return node

    def after_dot(self, base: Syntax) -> Syntax:
        token = self.peek()
        if token.kind != "name":
            start, end = self.at_end() if token.kind == "end" else (token.start, token.end)
            raise fault("expected_field", start, end)
        self.take()
        place = (token.start, token.end)
        if self.is_next("("):
            self.take()
            args, end = self.several(")")
            return self.node("method", base.start, end, token.value, (base, *args), place)
        return self.node("select", base.start, token.end, token.value, (base,), place)

    def index(self, base: Syntax) -> Syntax:
        self.take()
        name = self.expression()
        end = self.eat("]").end
        if name.kind != "text":
            raise fault("bad_index", name.start, name.end)
        return self.node("index", base.start, end, name.value, (base,), (name.start, name.end))

    def several(self, closing: str) -> tuple[tuple[Syntax, ...], int]:
        """Expressions between commas, up to and with the closing bracket; only a list may end in a comma."""
        found: list[Syntax] = []
        while not self.is_next(closing):
            found.append(self.expression())
            if not self.is_next(closing):
                comma = self.eat_comma(closing)
                if self.is_next(closing) and closing == ")":
                    raise fault("expected_value", comma.end, comma.end + 1, found=closing)
        return tuple(found), self.take().end

    def eat_comma(self, closing: str) -> Token:
        token = self.peek()
        if self.is_next(","):
            return self.take()
        if token.kind == "end":
            raise fault("expected_but_ends", *self.at_end(), wanted=closing)
        raise fault("expected", token.start, token.end, wanted=closing, found=self.shown(token))

    def primary(self) -> Syntax:
        token = self.take()
        match token.kind:
            case "number":
                kind = "int" if isinstance(token.value, int) else "amount"
                return self.node(kind, token.start, token.end, token.value)
            case "text":
                return self.node("text", token.start, token.end, token.value)
            case "name" if token.value != "in":
                return self.named(token)
            case "op" if token.value == "(":
                return self.in_brackets(token)
            case "op" if token.value == "[":
                items, end = self.several("]")
                return self.node("list", token.start, end, None, items)
            case "end":
                raise fault("expected_value_but_ends", *self.at_end())
        if token.value == "=":
            raise fault("single_operator", token.start, token.end, found="=", use="==")
        raise fault("expected_value", token.start, token.end, found=self.shown(token))

    def in_brackets(self, opening: Token) -> Syntax:
        inner = self.expression()
        # The brackets belong to the node's place, so that a part cut out of the text is balanced.
        node = structs.replace(inner, start=opening.start, end=self.eat(")").end)
        self.bracketed[id(node)] = node
        return node

    def named(self, token: Token) -> Syntax:
        name = str(token.value)
        if name in CONSTANTS:
            kind, value = CONSTANTS[name]
            return self.node(kind, token.start, token.end, value)
        if name in WORD_OPERATORS and self.peek().kind in ("name", "number", "text"):
            raise fault("single_operator", token.start, token.end, found=name, use=WORD_OPERATORS[name])
        if self.is_next("("):
            self.take()
            args, end = self.several(")")
            return self.node("call", token.start, end, name, args, (token.start, token.end))
        return self.node("name", token.start, token.end, name, (), (token.start, token.end))
