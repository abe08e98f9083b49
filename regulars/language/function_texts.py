"""What rows of the function table share: results that depend on the arguments, and texts that depend on scales."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from regulars.language.runtime import SHIFT_DAYS, SHIFT_MONTHS
from regulars.language.types import INT, Amount, ListOf, Type, scale_of


class Written(Struct, frozen=True):
    """The arguments of a call as one back end has written them, for rows whose text depends on scales."""

    args: tuple[str, ...]
    types: tuple[Type, ...]
    result: Type
    zone: str
    today: str


def first(types: tuple[Type, ...]) -> Type:
    """The type of the first argument."""
    return types[0]


def element(types: tuple[Type, ...]) -> Type:
    """The type of a list's elements."""
    return types[0].of if isinstance(types[0], ListOf) else types[0]


def common(types: tuple[Type, ...]) -> Type:
    """The numeric type that all can be brought to."""
    if all(kind == INT for kind in types):
        return INT
    return Amount(max(scale_of(kind) for kind in types))


def _scaled(written: Written) -> list[str]:
    """The arguments brought to the scale of the result."""
    scale = scale_of(written.result)
    return [
        code if scale_of(kind) == scale else f"({code} * {10 ** (scale - scale_of(kind))})"
        for code, kind in zip(written.args, written.types, strict=True)
    ]


def _power(written: Written) -> int:
    return scale_of(written.types[0]) - scale_of(written.result)


def _exact_fraction(power: int) -> str:
    """10**-power as an exact numeric; a division would be cut to 16 digits."""
    return "0." + "0" * (power - 1) + "1"


def floor_python(w: Written) -> str:
    """Whole numbers divide downwards, also below zero."""
    return f"({w.args[0]} // {10 ** _power(w)})" if _power(w) else w.args[0]


def ceil_python(w: Written) -> str:
    """Upwards is downwards seen from the other side."""
    return f"(-(-{w.args[0]} // {10 ** _power(w)}))" if _power(w) else w.args[0]


def round_python(w: Written) -> str:
    """Half away from zero."""
    power = _power(w)
    if power > 0:
        return f"divided({w.args[0]}, {10**power})"
    return f"({w.args[0]} * {10**-power})" if power else w.args[0]


def by_fraction(function: str) -> Callable[[Written], str]:
    """An SQL function of the number that the whole number stands for."""

    def write(w: Written) -> str:
        power = _power(w)
        if power > 0:
            return f"{function}({w.args[0]} * {_exact_fraction(power)})"
        return f"({w.args[0]} * {10**-power}::numeric)" if power else w.args[0]

    return write


def call_scaled(function: str) -> Callable[[Written], str]:
    """A function of the arguments at one scale."""
    return lambda w: f"{function}({', '.join(_scaled(w))})"


# A subselect names the day once: written out three times, nested calls would double the text at each level.
ANNIVERSARY_SQL = (
    "(SELECT CASE WHEN this.day < {today} THEN (born.day + make_interval(years => born.years + 1))::date"
    " ELSE this.day END - {today} FROM (SELECT d.day, (extract(year FROM {today}) - extract(year FROM d.day))::int"
    " AS years FROM (SELECT {0} AS day OFFSET 0) d OFFSET 0) born,"
    " LATERAL (SELECT (born.day + make_interval(years => born.years))::date AS day OFFSET 0) this)::bigint"
)
YEARS_TO_SQL = (
    "(SELECT span.way * CASE WHEN (span.a + make_interval(years => span.years))::date > span.b THEN span.years - 1"
    " ELSE span.years END FROM (SELECT p.a, p.b, p.way, (extract(year FROM p.b) - extract(year FROM p.a))::int AS years"
    " FROM (SELECT CASE WHEN o.b < o.a THEN o.b ELSE o.a END AS a, CASE WHEN o.b < o.a THEN o.a ELSE o.b END AS b,"
    " CASE WHEN o.b < o.a THEN -1 ELSE 1 END AS way FROM (SELECT {0} AS a, {1} AS b OFFSET 0) o OFFSET 0) p OFFSET 0)"
    " span)::bigint"
)


def _clamped(code: str, limit: int) -> str:
    """A count within bounds. Not by GREATEST and LEAST, which pass over NULL: an empty count must stay empty."""
    bounds = f"CASE WHEN c.n > {limit} THEN {limit} WHEN c.n < -{limit} THEN -{limit} ELSE c.n END"
    return f"(SELECT {bounds} FROM (SELECT {code} AS n OFFSET 0) c)::int"


def add_days_sql(w: Written) -> str:
    """A date and a count of days within bounds."""
    return f"({w.args[0]} + {_clamped(w.args[1], SHIFT_DAYS)})"


def add_months_sql(w: Written) -> str:
    """A date and a count of months within bounds; PostgreSQL too stops at the end of a month."""
    return f"({w.args[0]} + make_interval(months => {_clamped(w.args[1], SHIFT_MONTHS)}))::date"
