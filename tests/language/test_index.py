"""The index gives every rule that is true, and leaves most others alone."""

from __future__ import annotations

import random

import pytest

from regulars.language import service as language
from regulars.language.contracts import BOOL, AtLeast, Expression, ExpressionFaults, Fact, Required
from regulars.language.rule_index import RuleIndex
from tests.language.grammar import Grammar
from tests.language.world import CATEGORIES, EARNING, line, random_scope, scope


def check(text: str) -> Expression:
    return language.check(text, EARNING, BOOL)


def needs(text: str) -> Required:
    return language.required(check(text), EARNING)


def fact(path: str, value: object) -> frozenset[Fact]:
    return frozenset({Fact(path, value)})


PET = fact("basket.lines[].category", "pet")


@pytest.mark.parametrize(
    ("text", "any_of"),
    [
        ("type == 'purchase'", (fact("type", "purchase"),)),
        ("'purchase' == type", (fact("type", "purchase"),)),
        ("member.tier in ['gold', 'silver']", (fact("member.tier", "gold") | fact("member.tier", "silver"),)),
        ("'vip' in member.tags", (fact("member.tags[]", "vip"),)),
        ("basket.lines.exists(l, l.category == 'pet' && l.amount > 5)", (PET,)),
        ("basket.lines.exists(l, 'own' in l.tags)", (fact("basket.lines[].tags[]", "own"),)),
        ("basket.lines.filter(l, l.category == 'pet').map(l, l.amount).sum() > 0", (PET,)),
        ("basket.lines.filter(l, l.category == 'pet').size() >= 2", (PET,)),
        ("basket.lines.filter(l, l.category == 'pet').map(l, l.amount).max() < 5", (PET,)),
        ("basket.lines.filter(l, l.category == 'pet').size() >= 0", ()),
        ("basket.lines.filter(l, l.category == 'pet').size() < 2", ()),
        ("basket.lines.filter(l, l.category == 'pet').exists(l, l.brand == 'acme')",
         (PET, fact("basket.lines[].brand", "acme"))),
        ("basket.lines.all(l, l.category == 'pet')", ()),
        ("type == 'purchase' && member.tier == 'gold'", (fact("type", "purchase"), fact("member.tier", "gold"))),
        ("type == 'purchase' || member.tier == 'gold'", (fact("type", "purchase") | fact("member.tier", "gold"),)),
        ("type == 'purchase' || basket.total > 5", ()),
        ("!(type == 'purchase')", ()),
        ("type != 'purchase'", ()),
        ("member.tier == null", ()),
        # At the scale of the field: 5 is 5.00, and no amount of two decimals is 5.005.
        ("basket.total == 5", (fact("basket.total", 500),)),
        ("basket.total == 5.005", (frozenset(),)),
        ("basket.lines.exists(l, l.quantity in [1, 2.5])",
         (fact("basket.lines[].quantity", 1000) | fact("basket.lines[].quantity", 2500),)),
        ("tables.mcc.find(mcc).category == 'cash'", ()),
    ],
)  # fmt: skip
def test_required_facts(text: str, any_of: tuple[frozenset[Fact], ...]) -> None:
    assert needs(text).any_of == any_of


def test_a_bound_is_kept_at_the_scale_of_the_field_and_rounded_down() -> None:
    assert needs("basket.total >= 20").at_least == (AtLeast("basket.total", 2000),)
    assert needs("19.999 < basket.total").at_least == (AtLeast("basket.total", 1999),)
    assert needs("basket.total < 20").at_least == ()


def test_candidates_come_in_the_order_of_the_rules() -> None:
    texts = {
        "pet": "basket.lines.exists(l, l.category == 'pet')",
        "any": "true",
        "dog": "basket.lines.exists(l, l.category == 'dog')",
        "twenty": "basket.total >= 20",
        "hundred": "basket.total >= 100",
        "vip": "type == 'purchase' && 'vip' in member.tags",
    }
    index = RuleIndex([(key, check(text)) for key, text in texts.items()], EARNING)
    till = scope(line("pet", 3000))
    assert index.candidates(index.facts(till)) == ["pet", "any", "twenty", "vip"]


def random_rules(random_: random.Random, count: int) -> list[tuple[int, Expression]]:
    grammar = Grammar(EARNING, random_)
    rules: list[tuple[int, Expression]] = []
    while len(rules) < count:
        category, brand = random_.choice(CATEGORIES) or "pet", random_.choice(("acme", "t3", "whiskas"))
        drawn = grammar.condition()
        text = random_.choice(
            (
                drawn,
                f"type == 'purchase' && {drawn}",
                f"basket.lines.exists(l, l.category == '{category}' && l.amount >= {random_.randint(0, 99)}.00)",
                f"basket.lines.filter(l, l.brand == '{brand}').map(l, l.amount).sum() >= {random_.randint(1, 99)}",
                f"basket.total >= {random_.randint(0, 400)} && {drawn}",
                f"basket.lines.exists(l, l.brand in ['{brand}', 'own'] || l.category == '{category}')",
            )
        )
        try:
            rules.append((len(rules), check(text)))
        except ExpressionFaults:
            continue
    return rules


@pytest.mark.parametrize("seed", range(3))
def test_the_index_finds_every_rule_that_is_true(seed: int) -> None:
    random_ = random.Random(seed)
    rules = random_rules(random_, 400)
    compiled = {key: language.to_python(expression, EARNING) for key, expression in rules}
    index = RuleIndex(rules, EARNING)
    tried = 0
    for _ in range(60):
        till = random_scope(random_)
        true = [key for key, run in compiled.items() if run(till)]
        candidates = index.candidates(index.facts(till))
        tried += len(candidates)
        assert [key for key in candidates if compiled[key](till)] == true
    # It is also of use: it leaves out a good part of rules that are half random.
    assert tried < 60 * len(rules) * 0.75


def test_an_index_that_asked_too_much_would_be_seen() -> None:
    """The control: filed under a fact that it does not need, a true rule is not found."""
    rule = check("basket.total >= 1 || basket.lines.exists(l, l.category == 'dog')")
    index = RuleIndex([(0, rule)], EARNING)
    index.always.clear()
    index.by_fact["type"] = {"return": [0]}
    till = scope(line("pet"))
    assert language.to_python(rule, EARNING)(till)
    assert index.candidates(index.facts(till)) == []


def test_facts_read_every_path() -> None:
    till = scope(line("pet", tags=("own", "bio")), line(None, tags=("bio",)), store=None)
    paths = ["type", "basket.lines[].category", "basket.lines[].tags[]", "store.chain", "member.metrics.spend_30d"]
    assert language.facts(EARNING, paths, till) == {
        "type": ("purchase",),
        "basket.lines[].category": {"pet", None},
        "basket.lines[].tags[]": {"own", "bio"},
        "store.chain": (None,),
        "member.metrics.spend_30d": (20100,),
    }
