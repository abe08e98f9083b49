"""Whose store it is: the partner whose condition holds for it, found when an activity comes in and kept with it."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from regulars.engine.contracts.activity import Activity, Store
from regulars.engine.expressions import Function
from regulars.engine.making import Making
from regulars.engine.scope import StoreScope

NOBODY: Final = ""
"""The partner of a store that is the house's own."""


class StoreFacts:
    """What the condition of a partner reads."""

    __slots__ = ("store",)

    def __init__(self, activity: Activity) -> None:
        self.store = StoreScope(activity)


def conditions(made_from: Making) -> tuple[tuple[str, Function], ...]:
    """The condition of each partner that has stores, in the order written."""
    place = made_from.places.partner()
    return tuple(
        (name, made_from.expressions.condition(partner.stores, place))
        for name, partner in made_from.program.partners.items()
        if partner.stores is not None
    )


def with_partner(partners: tuple[tuple[str, Function], ...], activity: Activity) -> Activity:
    """An activity whose store says whose it is: the first partner whose condition holds. Where no partner names stores
    it stays open, and the chain of the store stands for its partner."""
    store: Store | None = activity.store
    if store is None or not partners:
        return activity
    facts = StoreFacts(activity)
    name = next((name for name, holds in partners if holds(facts)), NOBODY)
    return replace(activity, store=replace(store, partner=name))
