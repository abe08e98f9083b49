"""What a group of lines decides, and rows of tables found by one to three keys."""

from __future__ import annotations

import time
from typing import Any

from regulars.engine import service as engine
from regulars.engine.contracts.activity import Line
from regulars.engine.contracts.decision import Outcome
from regulars.program import service as programs
from regulars.program.contracts.definitions import Group, Keep, Table
from regulars.program.contracts.fields import FieldType
from tests.engine.shop import PointsPayment, Shop, base, give, rule


def bought(shop: Shop, *lines: Line, **fields: Any) -> Any:
    return shop.buy(lines=lines, **fields)


MEDICINE = Line(no=1, sku="77", name="Aspirin", brand="bayer", category="pharmacy", tags=("pain",), amount=1000)
BREAD = Line(no=2, sku="12", name="Bread", brand="mill", category="bakery", amount=500)


def test_of_a_group_that_keeps_the_class_nothing_else_is_kept_or_seen() -> None:
    remedies = Group(name="remedies", lines="line.category == 'pharmacy'", sensitive=True, keep=Keep.CLASS)
    spy = rule("spy", give("100"), lines="line.brand == 'bayer'")
    shop = Shop(remedies, base(), spy, rule("class", give("1"), lines="'remedies' in line.groups"))
    asked = engine.as_kept(shop.compiled, shop.activity("purchase", lines=(MEDICINE, BREAD)))
    kept = asked.lines[0]
    assert (kept.sku, kept.name, kept.brand, kept.tags, kept.category, kept.amount) == (
        None, None, None, (), "pharmacy", 1000,
    )  # fmt: skip
    assert asked.lines[1] == BREAD
    # Decided as it is kept: whoever decides it again comes to the same.
    assert {one.rule for one in shop.do(asked).fired} == {"base", "class"}


def test_without_such_a_group_a_basket_stays_as_it_is() -> None:
    shop = Shop(Group(name="remedies", lines="line.category == 'pharmacy'", keep=Keep.FULL), base())
    asked = shop.activity("purchase", lines=(MEDICINE, BREAD))
    assert engine.as_kept(shop.compiled, asked) is asked


def test_a_group_says_what_earns_and_what_points_may_pay() -> None:
    shop = Shop(Group(name="none", lines="line.category == 'pharmacy'", earns=False, pays=False), base())
    assert bought(shop, MEDICINE, BREAD).points == {"points": 5}
    shop.buy(100_000)
    everything = (PointsPayment(currency="points", points=-1),)
    paid = bought(shop, MEDICINE, BREAD, pay=everything)
    assert (paid.outcome, [line.no for line in paid.paid]) == (Outcome.ACCEPTED, [2])


ROUTES = """
program: {name: air, title: {en: Air, ru: Авиа, ro: Aer}, money: EUR, zone: Europe/Chisinau}
currencies: {points: {title: {en: Miles, ru: Мили, ro: Mile}, cost: {house: 0.01}}}
activities:
  flight:
    title: {en: Flight, ru: Полёт, ro: Zbor}
    fields: {from_city: text, to_city: text, cabin: text}
tables:
  miles: {keys: {origin: text, target: text, cabin: text}, columns: {miles: int}, file: miles.csv}
rules:
  base:
    title: {en: Miles of the table, ru: Мили по таблице, ro: Mile după tabel}
    kind: base
    trigger: flight
    effects: [{give: points, amount: "tables.miles.find(from_city, to_city, cabin).miles"}]
"""


def test_ten_thousand_rows_are_found_by_three_keys_in_no_time() -> None:
    rows = [f"c{n % 100},d{n // 100},{'jf'[n % 2]},{n}" for n in range(10_000)]
    text = "origin,target,cabin,miles\n" + "\n".join(rows) + "\n"
    read = programs.read(ROUTES, lambda _: text)
    shop = Shop()
    shop.compiled = engine.compile(programs.candidate(read, program_id=1, number=1))
    shop.releases = {1: shop.compiled}

    def flown(origin: str, target: str, cabin: str) -> dict[str, int]:
        return shop.do(shop.activity("flight", fields={"from_city": origin, "to_city": target, "cabin": cabin})).points

    # Row 4321: c21, d43, an odd number flies f.
    assert flown("c21", "d43", "f") == {"points": 4321}
    assert flown("c21", "d43", "j") == {}
    began = time.process_time()
    for _ in range(100):
        flown("c21", "d43", "f")
    assert time.process_time() - began < 5


def test_a_table_of_one_key_may_be_written_in_place() -> None:
    season = Table(
        name="season", keys={"month": FieldType.INT}, columns={"percent": FieldType.INT}, rows=((3, 20), (4, 30))
    )
    shop = Shop(season, base(), rule("extra", give("tables.season.find(now.month()).percent")))
    assert shop.buy(1000).points == {"points": 30}
