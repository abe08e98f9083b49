"""What the effects of an offer or a voucher may read of it: `offer.<param>`, `voucher.value`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from regulars.kit.i18n import Text
from regulars.language.contracts import TEXT, Amount, Field, Type

ROOTS: Final = {"offers": "offer", "vouchers": "voucher", "rewards": "reward"}
"""The root under which each kind of carrier is read."""
ROOT_HELP: Final = {
    "offer": Text("the offer", "предложение", "oferta"),
    "voucher": Text("the voucher shown", "предъявленный ваучер", "voucherul prezentat"),
    "reward": Text("the reward taken", "выбранная награда", "recompensa luată"),
}


def root_of(path: str | None) -> str | None:
    """The root of a carrier's path (`offers.come_back` is read as `offer`); None for anything else."""
    return ROOTS.get((path or "").partition(".")[0]) if path else None


def of_offer(params: Mapping[str, tuple[Type, bool]]) -> dict[str, Field]:
    """What stands under `offer`: its parameters (type, whether it may be empty), as they were frozen."""
    return {name: Field(kind, f"{{b}}.get({name!r})", nullable=empty) for name, (kind, empty) in params.items()}


def of_voucher(money_scale: int) -> dict[str, Field]:
    """What stands under `voucher`."""
    return {
        "code": Field(TEXT, "{b}.get('code')", nullable=True, help=Text("the code", "код", "codul")),
        "value": Field(
            Amount(money_scale),
            "{b}.get('value', 0)",
            help=Text("what the code is worth", "номинал кода", "valoarea codului"),
        ),
    }
