"""The words of the engine's own lines on a receipt, by code; what a program words itself comes with its own texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from regulars.kit.i18n import Text

TEXTS: Final[Mapping[str, Text]] = {
    "points.earned": Text(
        en="Earned: {points} {currency}.",
        ru="Начислено: {points} {currency}.",
        ro="Acumulat: {points} {currency}.",
    ),
    "points.reversed": Text(
        en="Taken back: {points} {currency}.",
        ru="Снято при возврате: {points} {currency}.",
        ro="Retrase la retur: {points} {currency}.",
    ),
    "points.used": Text(
        en="Used: {points} {currency}.",
        ru="Использовано: {points} {currency}.",
        ro="Folosite: {points} {currency}.",
    ),
    "points.cut": Text(
        en="Not earned, since a limit is reached: {points} {currency}.",
        ru="Не начислено, так как достигнут лимит: {points} {currency}.",
        ro="Neacumulat, limita a fost atinsă: {points} {currency}.",
    ),
    "points.paid": Text(
        en="Paid with {points} {currency}: {amount}.",
        ru="Оплачено {points} {currency}: {amount}.",
        ro="Plătit cu {points} {currency}: {amount}.",
    ),
    "points.refunded": Text(
        en="Given back: {points} {currency} for {amount}.",
        ru="Возвращено: {points} {currency} за {amount}.",
        ro="Returnate: {points} {currency} pentru {amount}.",
    ),
    "balance": Text(
        en="Balance: {points} {currency}.",
        ru="Баланс: {points} {currency}.",
        ro="Sold: {points} {currency}.",
    ),
    "points.expiring": Text(
        en="{points} {currency} can be used through {through}.",
        ru="{points} {currency} действуют по {through} включительно.",
        ro="{points} {currency} pot fi folosite până la {through} inclusiv.",
    ),
}
