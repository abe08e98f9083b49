"""The page on how a discount was chosen: its program, its basket and its tables, held against the engine."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

from regulars.engine import discounting
from regulars.engine import service as engine
from regulars.engine.contracts.activity import Line
from regulars.engine.pricing import stacking
from regulars.program import service as program
from regulars.program.contracts.definitions import KINDS
from tests.engine.shop import ReturnedLine, Shop

PAGE = (Path(__file__).parents[2] / "docs" / "pricing.md").read_text(encoding="utf-8")


def table(heading: str) -> list[list[str]]:
    """The rows of the table whose first column is headed so."""
    rows = PAGE[PAGE.index(f"| {heading} |") :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def minor(text: str) -> int:
    return int(Decimal(text) * 100)


def shop() -> Shop:
    text = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0]
    report = program.check(text)
    assert report.faults == ()
    read = program.read(text)
    return Shop(*[one for kind in KINDS for one in getattr(read, kind).values()])


def basket() -> tuple[Line, ...]:
    return tuple(
        Line(no=int(no), category=goods, quantity=int(units) * 1000, amount=minor(amount))
        for no, goods, units, amount in table("line | goods")
    )


def test_the_basket_costs_what_the_page_says() -> None:
    sale = shop().buy(lines=basket())
    off = {one.source.removeprefix("rules."): dict(one.per_line) for one in sale.discounts}
    *lines, whole = table("line | on the shelf")
    for line, row in zip(basket(), lines, strict=True):
        cuts = [off[name].get(line.no, 0) for name in ("tea_week", "three_for_two", "ten")]
        left = line.amount - sum(cuts)
        assert [minor(cell) for cell in row[1:]] == [line.amount, *cuts, left]
    assert [minor(cell) for cell in whole[1:]] == [
        25000,
        *[sum(off[name].values()) for name in ("tea_week", "three_for_two", "ten")],
        19000,
    ]
    assert sale.points == {"points": 190}
    (left_out,) = sale.not_taken
    assert (left_out.source, left_out.because) == ("rules.all_goods", "worse_in_group")
    assert left_out.instead == ("rules.tea_week", "rules.three_for_two")


def test_the_explanation_has_a_line_for_every_rule() -> None:
    bought = shop()
    sale = bought.buy(lines=basket())
    activity = bought.done[bought.last()][0]
    told = {rule.rule: rule for rule in engine.explain(bought.compiled, activity, sale.recorded)}
    assert {name: rule.because for name, rule in told.items()} == {
        "base": "fired",
        "tea_week": "discounted",
        "three_for_two": "discounted",
        "all_goods": "worse_in_group",
        "ten": "discounted",
        "thirty": "condition",
    }
    assert told["three_for_two"].discounted == ((2, 3000),)
    assert told["thirty"].condition is not None


def test_what_comes_back_is_what_the_page_says() -> None:
    bought = shop()
    bought.buy(lines=basket())
    sale = bought.last()
    returns = [
        [ReturnedLine(no=3, quantity=1000)],
        [ReturnedLine(no=2, quantity=1000)],
        [ReturnedLine(no=2, quantity=2000)],
        [],
    ]
    found = [bought.back(sale, *one).returned for one in returns]
    assert found == [minor(row[1]) for row in table("returned, one after the other")]


def test_every_reason_is_named() -> None:
    named = set(re.findall(r"`([a-z_]+)`", PAGE))
    codes = {stacking.NOTHING, stacking.WORSE, stacking.NEVER_BELOW, stacking.LARGEST_LINE, stacking.LARGEST_BASKET}
    assert codes | {stacking.BUDGET, discounting.ADD_ITEM} | discounting.RATIONED <= named
