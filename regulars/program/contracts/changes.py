"""What differs between two programs, as data and in words."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from regulars.kit import i18n
from regulars.kit.i18n import Text


class Did(StrEnum):
    """What happened to a definition or to one of its fields."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One difference. `field` is empty where a whole definition came or went; values are as YAML writes them.

    `path` is `rules.cup`, `field` within it `effects[0].amount`.
    """

    did: Did
    kind: str
    name: str
    field: str = ""
    old: str | None = None
    new: str | None = None

    @property
    def path(self) -> str:
        """The whole path of what changed."""
        definition = f"{self.kind}.{self.name}" if self.name else self.kind
        return f"{definition}.{self.field}" if self.field else definition

    def sentence(self, language: str) -> str:
        """The change in words, in en, ru or ro: `Rule cup: amount was "1", is now "2"`."""
        kind = i18n.pick(KIND_WORDS.get(self.kind, Text(en=self.kind, ru=self.kind, ro=self.kind)), language)
        fields = {
            "what": f"{kind} {self.name}".rstrip(),
            "field": self.field,
            "old": self.old,
            "new": self.new,
        }
        return i18n.fill(_SENTENCES[self.did, bool(self.field)], language, fields)


KIND_WORDS: Final[dict[str, Text]] = {
    "program": Text(en="Program", ru="Программа", ro="Programul"),
    "currencies": Text(en="Currency", ru="Валюта", ro="Moneda"),
    "activities": Text(en="Activity type", ru="Тип события", ro="Tipul de activitate"),
    "attributes": Text(en="Attribute", ru="Атрибут", ro="Atributul"),
    "purposes": Text(en="Purpose", ru="Цель", ro="Scopul"),
    "lists": Text(en="List", ru="Список", ro="Lista"),
    "tables": Text(en="Table", ru="Таблица", ro="Tabelul"),
    "groups": Text(en="Group", ru="Группа", ro="Grupul"),
    "metrics": Text(en="Metric", ru="Показатель", ro="Indicatorul"),
    "segments": Text(en="Segment", ru="Сегмент", ro="Segmentul"),
    "rules": Text(en="Rule", ru="Правило", ro="Regula"),
    "limits": Text(en="Limit", ru="Ограничение", ro="Limita"),
    "ladders": Text(en="Ladder", ru="Лестница уровней", ro="Scara de niveluri"),
    "challenges": Text(en="Challenge", ru="Задание", ro="Provocarea"),
    "boards": Text(en="Board", ru="Таблица лидеров", ro="Clasamentul"),
    "draws": Text(en="Draw", ru="Розыгрыш", ro="Tragerea la sorți"),
    "choices": Text(en="Choice", ru="Выбор", ro="Alegerea"),
    "households": Text(en="Household", ru="Семья", ro="Familia"),
    "partners": Text(en="Partner", ru="Партнёр", ro="Partenerul"),
    "plans": Text(en="Plan", ru="Абонемент", ro="Abonamentul"),
    "stacking": Text(en="Stacking of discounts", ru="Сочетание скидок", ro="Combinarea reducerilor"),
    "offers": Text(en="Offer", ru="Предложение", ro="Oferta"),
    "vouchers": Text(en="Voucher campaign", ru="Кампания ваучеров", ro="Campania de vouchere"),
    "reward_types": Text(en="Type of reward", ru="Вид награды", ro="Tipul de recompensă"),
    "rewards": Text(en="Reward", ru="Награда", ro="Recompensa"),
    "referrals": Text(en="Referral", ru="Приглашение друзей", ro="Recomandarea"),
}

_SENTENCES: Final[dict[tuple[Did, bool], Text]] = {
    (Did.ADDED, False): Text(en="{what}: added", ru="{what}: добавлено", ro="{what}: adăugat"),
    (Did.REMOVED, False): Text(en="{what}: removed", ru="{what}: удалено", ro="{what}: eliminat"),
    (Did.ADDED, True): Text(
        en="{what}: {field} is now {new}",
        ru="{what}: {field} теперь {new}",
        ro="{what}: {field} este acum {new}",
    ),
    (Did.REMOVED, True): Text(
        en="{what}: {field} was {old}, is gone",
        ru="{what}: {field} было {old}, больше нет",
        ro="{what}: {field} era {old}, nu mai este",
    ),
    (Did.CHANGED, True): Text(
        en="{what}: {field} was {old}, is now {new}",
        ru="{what}: {field} было {old}, теперь {new}",
        ro="{what}: {field} era {old}, este acum {new}",
    ),
}
