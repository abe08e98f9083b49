"""Whose store it is: metrics, budgets and conditions know the partner whose stores these are."""

from __future__ import annotations

from msgspec.structs import replace

from regulars.engine import service as engine
from regulars.engine.contracts.decision import Decision
from regulars.engine.contracts.known import CounterKey
from regulars.program.contracts.budgets import Budget, Slice
from regulars.program.contracts.definitions import Measure, Metric, Owner
from regulars.program.contracts.offers import Offer
from regulars.program.contracts.partners import Partner
from regulars.program.contracts.values import Ratio, Share
from tests.engine.shop import Shop, Store, base, give, lines, rule

LINELLA = Partner(name="linella", stores="store.chain == 'lin' || store.city == 'Bender'")
OURS = Metric(name="visits", measure=Measure.COUNT, per=Owner.PARTNER)
TEN = rule("ten", give("10"), budget=Budget(points={"points": 15}, per=Slice.PARTNER))


def buy(shop: Shop, store: Store | None) -> Decision:
    """What comes in from outside is made ready first: its store then says whose it is."""
    made = shop.activity("purchase", lines=lines(100), store=store)
    return shop.do(engine.as_kept(shop.compiled, made))


def test_a_store_is_of_the_first_partner_whose_condition_holds() -> None:
    shop = Shop(base("0"), LINELLA, Partner(name="other", stores="store.chain == 'lin'"), OURS, TEN)
    for store in (Store(id="1", chain="lin"), Store(id="2", city="Bender"), Store(id="3", chain="ours"), None):
        buy(shop, store)
    counted = {key.owner: value for (key, item), value in shop.counters.items() if key.metric == "visits" and not item}
    assert counted == {"partner:linella": 2}
    used = {key.owner: value for (key, item), value in shop.counters.items() if "budget" in key.metric and not item}
    assert used == {"partner:linella": 15, "partner:-": 15}


def test_one_shop_is_an_owner_like_any_other() -> None:
    """A shop that gives of its own is a partner of one store: its offer counts there alone, within its budget."""
    shop7 = Partner(
        name="shop7", stores="store.id == '7'", may_define=("offers",), budget=Budget(points={"points": 30})
    )
    theirs = Offer(
        name="seven",
        owner="shop7",
        audience="1 == 1",
        if_="partner.id == 'shop7'",
        effects=(give("20", funding=(Share("shop7", Ratio(1)),)),),
        budget=Budget(points={"points": 30}),
    )
    shop = Shop(base("0"), shop7, theirs)
    stores = (Store(id="7", chain="lin"), Store(id="8", chain="lin"), Store(id="7", chain="lin"), Store(id="7"))
    assert [buy(shop, store).points.get("points", 0) for store in stores] == [20, 0, 10, 0]
    assert {(lot.funder, lot.granted) for lot in shop.lots.values()} == {("shop7", 20), ("shop7", 10)}


def test_conditions_read_the_partner() -> None:
    shop = Shop(base("0"), LINELLA, rule("theirs", give("3"), **{"if": "partner.id == 'linella'"}))
    stores = (Store(id="1", chain="lin"), Store(id="3", chain="linella"))
    assert [buy(shop, store).points.get("points", 0) for store in stores] == [3, 0]


def test_where_partners_name_no_stores_the_chain_stands_for_them() -> None:
    shop = Shop(base("0"), Partner(name="whiskas"), OURS)
    buy(shop, Store(id="1", chain="lin"))
    assert (CounterKey("visits", "partner:lin", "ever"), "") in shop.counters


def test_whose_store_it_was_is_kept_with_the_activity() -> None:
    shop = Shop(base("0"), LINELLA)
    made = shop.activity("purchase", lines=lines(100), store=Store(id="1", chain="lin"))
    kept = engine.as_kept(shop.compiled, made)
    assert kept.store is not None
    assert kept.store.partner == "linella"
    house = engine.as_kept(shop.compiled, replace(made, store=Store(id="9")))
    assert house.store is not None
    assert (house.store.partner, house.store.whose) == ("", None)
