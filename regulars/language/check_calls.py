"""Walks over lists, and calls of the function table."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import available_timezones

from regulars.language import functions, limits
from regulars.language.check_names import path_of, present_moment
from regulars.language.check_operators import condition
from regulars.language.checking import Checking, known, sizes_of
from regulars.language.functions import Function
from regulars.language.tree import Call, Compare, Constant, Find, Items, Member, Read, Syntax, Typed, Variable, Walk
from regulars.language.types import (
    BOOL,
    DATE,
    DURATION,
    INT,
    NULL,
    TEXT,
    TIMESTAMP,
    Amount,
    ListOf,
    Record,
    Type,
    is_number,
    scale_of,
)

PERIOD = re.compile(r"(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
LENGTH_DIGITS = 4
AT_LEAST = "atLeast"


def method(check: Checking, node: Syntax) -> Typed | None:
    """`x.name(...)`."""
    name = str(node.value)
    base = node.of[0]
    if name in functions.MACROS:
        return walk(check, node)
    if _is_table(check, base):
        return find(check, node)
    if name in functions.USE_INSTEAD:
        return check.fault(functions.USE_INSTEAD[name], node.name_start, node.name_end)
    if name in functions.USE_NAME:
        return check.fault("use_instead", node.name_start, node.name_end, name=name, use=functions.USE_NAME[name])
    receiver = check.node(base)
    if receiver is None:
        return None
    if isinstance(receiver, Read) and receiver.order and name == AT_LEAST:
        return at_least(check, node, receiver)
    kind = functions.receiver_of(receiver.type)
    function = functions.BY_NAME.get((kind, name)) if kind else None
    if function is None:
        names = [row.name for row in functions.FUNCTIONS if row.receiver == kind and kind]
        names += functions.MACROS if kind == "list" else ()
        names += [AT_LEAST] if isinstance(receiver, Read) and receiver.order else []
        if (not kind or not names) and ("list", name) in functions.BY_NAME:
            return check.fault("needs_list", base.start, base.end, name=name, type=receiver.type)
        return check.fault(
            "unknown_method", node.name_start, node.name_end, type=receiver.type, name=name, known=known(name, names)
        )
    return call(check, node, function, (receiver,), node.of[1:])


def _is_table(check: Checking, base: Syntax) -> bool:
    return (
        base.kind in ("select", "index")
        and base.of[0].kind == "name"
        and base.of[0].value == "tables"
        and "tables" not in check.variables
        and "tables" not in check.schema.roots
    )


def function_call(check: Checking, node: Syntax) -> Typed | None:
    """`name(...)`."""
    name = str(node.value)
    if name == "size" and len(node.of) == 1:
        return method(check, Syntax("method", node.start, node.end, name, node.of, node.name_start, node.name_end))
    if name == "now" and "now" in check.schema.roots:
        return check.fault("use_instead", node.name_start, node.name_end, name="now()", use="now")
    function = functions.BY_NAME.get(("", name))
    if function is not None:
        if function.own_tree:
            return FORMS[name](check, node)
        return call(check, node, function, (), node.of)
    if name in functions.USE_INSTEAD:
        return check.fault(functions.USE_INSTEAD[name], node.name_start, node.name_end)
    if name in functions.USE_NAME:
        return check.fault("use_instead", node.name_start, node.name_end, name=name, use=functions.USE_NAME[name])
    after_dot = [row.usage for row in functions.FUNCTIONS if row.name == name]
    after_dot += [functions.MACROS[name][0]] if name in functions.MACROS else []
    if after_dot:
        return check.fault("use_instead", node.name_start, node.name_end, name=f"{name}(...)", use=after_dot[0])
    names = [row.name for row in functions.FUNCTIONS if not row.receiver]
    return check.fault("unknown_function", node.name_start, node.name_end, name=name, known=known(name, names))


def call(
    check: Checking, node: Syntax, function: Function, before: tuple[Typed, ...], arg_nodes: tuple[Syntax, ...]
) -> Typed | None:
    """A call of a row of the table."""
    found = [check.node(arg) for arg in arg_nodes]
    given = tuple(arg for arg in found if arg is not None)
    if len(given) < len(found):
        return None
    if before and isinstance(before[0].type, ListOf) and not functions.element_suits(function, before[0].type):
        return check.fault("needs_numbers", before[0].start, before[0].end, name=function.name, type=before[0].type)
    if not _arguments_suit(function, tuple(arg.type for arg in given)):
        return check.fault(
            "wrong_arguments", node.name_start, node.end, name=function.name, usage=function.usage,
            found=tuple(arg.type for arg in given),
        )  # fmt: skip
    args = before + given
    if not _written_out(check, function, args) or not _steps_fit(check, node):
        return None
    return _called(check, node, function, args)


def _called(check: Checking, node: Syntax, function: Function, args: tuple[Typed, ...]) -> Typed | None:
    if check.schema.whole_table and function.sql is None:
        return check.fault("not_in_segments", node.name_start, node.name_end, name=function.name)
    local = function.volatile or (function.receiver == "timestamp" and len(args) == 1)
    if local and not check.schema.zone:
        return check.fault("no_zone", node.name_start, node.name_end, name=function.name, usage=function.usage)
    if function.volatile:
        check.volatile = True
        if present_moment(check, node, function.name) is None:
            return None
    kind = _result(function, args)
    if args and isinstance(args[0].type, ListOf):
        check.spend_over(args[0], function.cost)
    check.spend(function.cost)
    nullable = function.may_be_empty or (function.empty == "empty" and any(arg.nullable for arg in args))
    made = Call(
        start=node.start, end=node.end, type=kind, nullable=nullable and kind != BOOL, function=function, args=args
    )
    return check.grown(made, _result_digits(check, args, kind))


def _result(function: Function, args: tuple[Typed, ...]) -> Type:
    if function.name == "round" and len(args) > 1 and isinstance(args[1], Constant):
        return Amount(int(str(args[1].value)))
    if function.name == "top" and isinstance(args[0].type, ListOf) and isinstance(args[1], Constant):
        kind, count = args[0].type, int(str(args[1].value))
        return ListOf(kind.of, min(kind.typical, count), min(kind.largest, count))
    return function.result(tuple(arg.type for arg in args)) if callable(function.result) else function.result


def _result_digits(check: Checking, args: tuple[Typed, ...], kind: Type) -> int:
    if not is_number(kind) and not isinstance(kind, ListOf):
        return 1
    grown = max((check.digits(arg) + scale_of(kind) for arg in args if _holds_numbers(arg.type)), default=LENGTH_DIGITS)
    return grown + LENGTH_DIGITS


def _holds_numbers(kind: Type) -> bool:
    return is_number(kind) or (isinstance(kind, ListOf) and is_number(kind.of))


def _arguments_suit(function: Function, given: tuple[Type, ...]) -> bool:
    wanted = function.args
    if function.several:
        wanted += (wanted[-1],) * max(0, len(given) - len(wanted))
    elif len(given) > len(wanted):
        wanted += function.optional[: len(given) - len(wanted)]
    return len(wanted) == len(given) and all(map(functions.suits, wanted, given))


def _written_out(check: Checking, function: Function, args: tuple[Typed, ...]) -> bool:
    """Whether arguments that must be constants are, and are possible."""
    for position in function.written:
        if position >= len(args):
            continue
        arg = args[position]
        if not isinstance(arg, Constant):
            check.fault("constant_needed", arg.start, arg.end, name=function.name)
            return False
        if arg.type == TEXT and str(arg.value) not in zones():
            check.fault("bad_zone", arg.start, arg.end, name=str(arg.value), known=known(str(arg.value), zones()))
            return False
        most = limits.DECIMALS if function.name == "round" else limits.LIST_ITEMS
        if arg.type == INT and not 0 <= int(str(arg.value)) <= most:
            check.fault("out_of_range", arg.start, arg.end, name=function.name, least=0, most=most)
            return False
    return True


@cache
def zones() -> frozenset[str]:
    """The names of time zones that both back ends know."""
    return frozenset(name for name in available_timezones() if "/" in name or name == "UTC")


def find(check: Checking, node: Syntax) -> Typed | None:
    """`tables.<name>.find(key, ...)`."""
    base = node.of[0]
    table = str(base.value)
    if table not in check.schema.tables:
        return check.fault(
            "unknown_table", base.name_start, base.name_end, name=table, known=known(table, check.schema.tables)
        )
    if node.value != "find":
        return check.fault(
            "use_instead", node.name_start, node.name_end, name=str(node.value), use=f"tables.{table}.find(...)"
        )
    if check.schema.whole_table:
        return check.fault("not_in_segments", node.start, node.end, name=f"tables.{table}")
    keys = [check.node(key) for key in node.of[1:]]
    given = tuple(key for key in keys if key is not None)
    if len(given) < len(keys):
        return None
    wanted = check.schema.tables[table].keys
    same = len(wanted) == len(given) and all(
        kind == key.type or (is_number(kind) and is_number(key.type) and scale_of(key.type) <= scale_of(kind))
        for (_, kind), key in zip(wanted, given, strict=False)
    )
    if not same:
        usage = f"tables.{table}.find({', '.join(name for name, _ in wanted)})"
        return check.fault(
            "wrong_arguments", node.name_start, node.end, name="find", usage=usage, found=tuple(k.type for k in given)
        )
    check.spend(12)
    check.fields.add(f"tables.{table}")
    return Find(
        start=node.start, end=node.end, type=Record(f"tables.{table}"), nullable=True, table=table, keys=given,
        path=f"tables.{table}",
    )  # fmt: skip


def at_least(check: Checking, node: Syntax, receiver: Read) -> Typed | None:
    """`member.tier.atLeast('gold')`: one of the steps from there on, so that no back end has to know their order."""
    if len(node.of) != 2 or node.of[1].kind != "text":
        given = tuple(typed.type for arg in node.of[1:] if (typed := check.node(arg)) is not None)
        usage = f"atLeast('{receiver.order[-1]}')"
        return check.fault("wrong_arguments", node.name_start, node.end, name=AT_LEAST, usage=usage, found=given)
    step, arg = str(node.of[1].value), node.of[1]
    if step not in receiver.order:
        return check.fault("unknown_step", arg.start, arg.end, name=step, known=known(step, receiver.order))
    enough = receiver.order[receiver.order.index(step) :]
    steps = tuple(Constant(start=arg.start, end=arg.end, type=TEXT, value=one) for one in enough)
    listed = Items(start=arg.start, end=arg.end, type=ListOf(TEXT, len(steps), len(steps)), items=steps)
    check.spend(3)
    return Member(start=node.start, end=node.end, type=BOOL, item=receiver, list=listed)


def walk(check: Checking, node: Syntax) -> Typed | None:
    """exists, all, exists_one, filter, map."""
    macro = str(node.value)
    source = check.node(node.of[0])
    if len(node.of) != 3 or node.of[1].kind != "name":  #  the list, the name, the body
        return check.fault("walk_arguments", node.name_start, node.end, name=macro)
    if source is None:
        return None
    if not isinstance(source.type, ListOf):
        return check.fault("needs_list", node.of[0].start, node.of[0].end, name=macro, type=source.type)
    if check.walks >= limits.WALKS:
        return check.fault("walks_too_deep", node.start, node.end, limit=limits.WALKS)
    name = str(node.of[1].value)
    if name in check.variables:
        return check.fault("walk_name_taken", node.of[1].start, node.of[1].end, name=name)
    if not _steps_fit(check, node):
        return None
    variable = _variable(check, node.of[1], name, source)
    body = _body(check, node, macro, source, variable)
    return None if body is None else _walked(check, node, macro, source, variable, body)


def _variable(check: Checking, node: Syntax, name: str, source: Typed) -> Variable:
    assert isinstance(source.type, ListOf)
    path = path_of(source)
    variable = Variable(
        start=node.start, end=node.end, type=source.type.of, nullable=source.type.holes, name=name, key=node.start,
        path=None if path is None else path + "[]",
    )  # fmt: skip
    check.grown(variable, check.digits(source))
    return variable


def _body(check: Checking, node: Syntax, macro: str, source: Typed, variable: Variable) -> Typed | None:
    typical, largest = sizes_of(source)
    outer_typical, outer_worst = check.sizes[-1]
    check.sizes.append((outer_typical * typical, outer_worst * largest))
    check.variables[variable.name] = variable
    check.walks += 1
    body = check.node(node.of[2]) if macro == "map" else condition(check, node.of[2], macro)
    check.walks -= 1
    del check.variables[variable.name]
    check.spend(1)
    check.sizes.pop()
    return body


def _walked(check: Checking, node: Syntax, macro: str, source: Typed, variable: Variable, body: Typed) -> Typed | None:
    assert isinstance(source.type, ListOf)
    kind: Type = BOOL
    if macro == "filter":
        kind = source.type
    elif macro == "map":
        if isinstance(body.type, ListOf):
            return check.fault("map_to_list", body.start, body.end)
        if body.type == NULL or (isinstance(body.type, Record) and (body.nullable or path_of(body) is None)):
            return check.fault("bad_list_item", body.start, body.end, type=body.type)
        kind = ListOf(body.type, source.type.typical, source.type.largest, holes=body.nullable)
    check.spend(8)
    path = path_of(source) if macro == "filter" else None
    made = Walk(
        start=node.start, end=node.end, type=kind, macro=macro, source=source, variable=variable, body=body, path=path
    )
    return check.grown(made, check.digits(body) if macro == "map" else check.digits(source))


def _steps_fit(check: Checking, node: Syntax) -> bool:
    """Whether the steps over a list that follow one another are few: each may double what the one before it gave."""
    steps, at = 0, node
    while at.kind == "method":
        steps += at.value in functions.MACROS or at.value in ("sum", "min", "max", "size", "top")
        at = at.of[0]
    # The best n of something are one aggregate with what follows.
    names = [node.value, node.of[0].value if node.of and node.of[0].kind == "method" else None]
    if "top" in names and steps == limits.CHAIN_STEPS + 1 and names[1] == "top":
        steps -= 1
    if steps > limits.CHAIN_STEPS:
        check.fault("chain_too_long", node.start, node.end, limit=limits.CHAIN_STEPS)
        return False
    return True


def _one_text(check: Checking, node: Syntax) -> str | None:
    if len(node.of) == 1 and node.of[0].kind == "text":
        return str(node.of[0].value)
    row = functions.BY_NAME[("", str(node.value))]
    args = tuple(typed.type for arg in node.of if (typed := check.node(arg)) is not None)
    if args == (TEXT,):
        check.fault("constant_needed", node.of[0].start, node.of[0].end, name=row.name)
    elif len(args) == len(node.of):
        check.fault("wrong_arguments", node.name_start, node.end, name=row.name, usage=row.usage, found=args)
    return None


def _made(node: Syntax, kind: Type, value: object) -> Constant:
    return Constant(start=node.start, end=node.end, type=kind, value=value)


def date_form(check: Checking, node: Syntax) -> Typed | None:
    """`date('2026-01-31')`."""
    text = _one_text(check, node)
    if text is None:
        return None
    try:
        return _made(node, DATE, date.fromisoformat(text if DAY.fullmatch(text) else ""))
    except ValueError:
        return check.fault("bad_date", node.of[0].start, node.of[0].end)


def moment_form(check: Checking, node: Syntax) -> Typed | None:
    """`timestamp('2026-01-31T10:00:00Z')`."""
    text = _one_text(check, node)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text if MOMENT.fullmatch(text) else "")
        return _made(node, TIMESTAMP, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC))
    except (ValueError, OverflowError):
        return check.fault("bad_moment", node.of[0].start, node.of[0].end)


def period_form(check: Checking, node: Syntax) -> Typed | None:
    """`duration('1h30m')`."""
    text = _one_text(check, node)
    if text is None:
        return None
    match = PERIOD.fullmatch(text)
    if match is None or not text:
        return check.fault("bad_period", node.of[0].start, node.of[0].end)
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    if days + hours / 24 + minutes / 1440 + seconds / 86_400 > limits.PERIOD_DAYS:
        return check.fault("bad_period", node.of[0].start, node.of[0].end)
    return _made(node, DURATION, timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds))


def days_form(check: Checking, node: Syntax) -> Typed | None:
    """`days(30)`."""
    args = [check.node(arg) for arg in node.of]
    if None in args:
        return None
    if len(args) != 1 or args[0] is None or args[0].type != INT:
        found = tuple(arg.type for arg in args if arg is not None)
        return check.fault("wrong_arguments", node.name_start, node.end, name="days", usage="days(30)", found=found)
    if not isinstance(args[0], Constant):
        return check.fault("constant_needed", node.of[0].start, node.of[0].end, name="days")
    count = int(str(args[0].value))
    if abs(count) > limits.PERIOD_DAYS:
        return check.fault("bad_period", node.of[0].start, node.of[0].end)
    return _made(node, DURATION, timedelta(days=count))


def has_form(check: Checking, node: Syntax) -> Typed | None:
    """`has(x)`, which is `x != null`."""
    args = [check.node(arg) for arg in node.of]
    if None in args:
        return None
    if len(args) != 1 or args[0] is None or isinstance(args[0].type, ListOf):
        found = tuple(arg.type for arg in args if arg is not None)
        return check.fault("wrong_arguments", node.name_start, node.end, name="has", usage="has(x)", found=found)
    empty = Constant(start=node.start, end=node.end, type=NULL, nullable=True, value=None)
    return Compare(start=node.start, end=node.end, type=BOOL, op="!=", left=args[0], right=empty)


FORMS = {"date": date_form, "timestamp": moment_form, "duration": period_form, "days": days_form, "has": has_form}
