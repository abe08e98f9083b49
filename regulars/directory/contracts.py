"""What directory hands out: goods, categories, brands, stores and pictures of rewards going in and coming out, enriched
lines, and its errors.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Final, Literal, Protocol

import msgspec
from msgspec import UNSET, Meta, UnsetType

from regulars.engine.contracts.activity import Line, Store
from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text
from regulars.kit.money import AMOUNT_MAX

LineKind = Literal["goods", "service", "shipping", "deposit", "gift_card", "fee"]
LINE_KINDS: Final = ("goods", "service", "shipping", "deposit", "gift_card", "fee")

Key = Annotated[str, Meta(min_length=1, max_length=100)]
Words = Annotated[str, Meta(max_length=300)]
Tags = Annotated[
    tuple[Annotated[str, Meta(min_length=1, max_length=60, pattern="^[^\x1f]*$")], ...], Meta(max_length=50)
]
Price = Annotated[int, Meta(ge=0, le=AMOUNT_MAX, description="Money for a unit in whole minor units.")]
PictureLanguage = Literal["any", "en", "ru", "ro"]
SORT_MOST: Final = 99
Money = Annotated[str, Meta(pattern="^[A-Z]{3}$", description="ISO 4217 code.")]
RATE_PATTERN: Final = r"^(?=.*[1-9])[0-9]{1,12}(\.[0-9]{1,10})?$"
RateText = Annotated[str, Meta(pattern=RATE_PATTERN, description="An exact decimal above 0.")]
WEB_ADDRESS: Final = r"^https://[^\s]+$"
Address = Annotated[str, Meta(max_length=2000, pattern=WEB_ADDRESS, description="https://...")]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]


class GoodIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A good as it is fed; what is left out stays as it was, null empties it. `until` is exclusive."""

    sku: Key
    name: Words | UnsetType | None = UNSET
    category: Key | UnsetType | None = UNSET
    brand: Key | UnsetType | None = UNSET
    kind: LineKind | UnsetType = UNSET
    unit: Annotated[str, Meta(max_length=20)] | UnsetType | None = UNSET
    cost: Price | UnsetType | None = UNSET
    legal_price: Price | UnsetType | None = UNSET
    tags: Tags | UnsetType = UNSET
    from_: dt.date | UnsetType | None = msgspec.field(default=UNSET, name="from")
    until: dt.date | UnsetType | None = UNSET


class CategoryIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A category as it is fed; without a parent it is a department."""

    key: Key
    parent: Key | UnsetType | None = UNSET
    name_en: Words | UnsetType | None = UNSET
    name_ru: Words | UnsetType | None = UNSET
    name_ro: Words | UnsetType | None = UNSET


class BrandIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A brand as it is fed; `owner` says whose it is."""

    key: Key
    name: Words
    owner: Words | UnsetType | None = UNSET


class StoreIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A store as it is fed. `zone` is an IANA name (none: the program's), `opening` hours by weekday: {"mon":
    ["08:00-20:00"]}.
    """

    id: Key
    name: Words | UnsetType | None = UNSET
    city: Words | UnsetType | None = UNSET
    region: Words | UnsetType | None = UNSET
    chain: Words | UnsetType | None = UNSET
    zone: Annotated[str, Meta(max_length=64)] | UnsetType | None = UNSET
    address: Words | UnsetType | None = UNSET
    lat: Latitude | UnsetType | None = UNSET
    lon: Longitude | UnsetType | None = UNSET
    tags: Tags | UnsetType = UNSET
    opening: dict[str, list[str]] | UnsetType | None = UNSET
    from_: dt.date | UnsetType | None = msgspec.field(default=UNSET, name="from")
    until: dt.date | UnsetType | None = UNSET


class RateIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one unit of `base` costs in `quote` from a local day on, as an exact decimal in quotes: {"base": "EUR",
    "quote": "RON", "rate": "4.9760"}. One of both is the program's money: pairs of others, as a bank's sheet may have
    them, are kept and never used, since nothing is converted by way of a third money."""

    base: Money
    quote: Money
    day: dt.date
    rate: RateText
    source: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S", description="Who says so.")]


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """A rate as it was fed: one unit of `base` costs so much `quote` on a day, and after it until the next."""

    base: str
    quote: str
    day: dt.date
    rate: str
    source: str


class PictureIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is shown of a reward, as it is fed: a picture, a long text, or both. Reward, `language` and `sort` say which
    one it is; the smallest `sort` is shown first. `until` is exclusive.
    """

    reward: Key
    language: PictureLanguage = "any"
    sort: Annotated[int, Meta(ge=0, le=SORT_MOST)] = 0
    picture: Address | UnsetType | None = UNSET
    text: Annotated[str, Meta(max_length=10_000)] | UnsetType | None = UNSET
    from_: dt.date | UnsetType | None = msgspec.field(default=UNSET, name="from")
    until: dt.date | UnsetType | None = UNSET


class Picture(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is shown of a reward, as it is known now."""

    reward: str
    language: str
    sort: int
    picture: str | None = None
    text: str | None = None
    from_: dt.date | None = msgspec.field(default=None, name="from")
    until: dt.date | None = None


class Good(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A good as it is known now."""

    sku: str
    kind: str
    name: str | None = None
    category: str | None = None
    brand: str | None = None
    unit: str | None = None
    cost: int | None = None
    """What a unit costs the shop, and below what it may not be sold, in minor units."""
    legal_price: int | None = None
    tags: tuple[str, ...] = ()
    from_: dt.date | None = msgspec.field(default=None, name="from")
    until: dt.date | None = None


class Category(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A category; `path` is it and all above it, the topmost first."""

    key: str
    path: tuple[str, ...]
    parent: str | None = None
    name_en: str | None = None
    name_ru: str | None = None
    name_ro: str | None = None


class Brand(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    key: str
    name: str
    owner: str | None = None


class Place(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A store with all that is known of it; `distance_m` only where one asked from somewhere."""

    id: str
    name: str | None = None
    city: str | None = None
    region: str | None = None
    chain: str | None = None
    zone: str | None = None
    address: str | None = None
    lat: float | None = None
    lon: float | None = None
    tags: tuple[str, ...] = ()
    opening: dict[str, list[str]] | None = None
    from_: dt.date | None = msgspec.field(default=None, name="from")
    until: dt.date | None = None
    distance_m: int | None = None


class GivenLine(Protocol):
    """A basket line as a till sends it: what it leaves out comes from the good."""

    @property
    def no(self) -> int: ...
    @property
    def amount(self) -> int: ...
    @property
    def sku(self) -> str | None: ...
    @property
    def name(self) -> str | None: ...
    @property
    def category(self) -> str | None: ...
    @property
    def brand(self) -> str | None: ...
    @property
    def kind(self) -> str | None: ...
    @property
    def tags(self) -> Sequence[str]: ...
    @property
    def quantity(self) -> int: ...
    @property
    def unit(self) -> str | None: ...


class Enriched(msgspec.Struct, frozen=True, kw_only=True):
    """Lines and store with the facts of the day; `unknown` are the numbers of lines whose sku no good has (they keep
    what the till gave).
    """

    lines: tuple[Line, ...]
    store: Store | None
    unknown: tuple[int, ...] = ()


class UnknownCategory(RegularsError):
    """A line names a category that the tree does not have."""

    status = 422
    texts = Text(
        en="Line {line}: there is no category {category}.",
        ru="Строка {line}: нет категории {category}.",
        ro="Linia {line}: nu există categoria {category}.",
    )
    line: int
    category: str


class UnknownLineKind(RegularsError):
    """A line is of a kind that does not exist."""

    status = 422
    texts = Text(
        en="Line {line}: {given} is no kind of line. Use one of: {known}.",
        ru="Строка {line}: нет вида {given}. Возможны: {known}.",
        ro="Linia {line}: tipul {given} nu există. Folosiți: {known}.",
    )
    line: int
    given: str
    known: str = ", ".join(LINE_KINDS)


class UnknownStore(RegularsError):
    """There is no such store, or it was not open yet, or is closed for good, on that day."""

    status = 422
    texts = Text(
        en="There was no store {store} on {day}.",
        ru="Магазина {store} на {day} нет.",
        ro="Magazinul {store} nu exista la {day}.",
    )
    store: str
    day: str


class CategoryCycle(RegularsError):
    """A category would lie inside itself."""

    status = 422
    texts = Text(
        en="These categories would lie inside each other: {path}.",
        ru="Эти категории оказались бы вложены друг в друга: {path}.",
        ro="Aceste categorii s-ar afla una în cealaltă: {path}.",
    )
    path: str


class UnknownParent(RegularsError):
    """A category would lie in one that does not exist."""

    status = 422
    texts = Text(
        en="Category {category}: there is no category {parent} to put it in.",
        ru="Категория {category}: нет родительской категории {parent}.",
        ro="Categoria {category}: nu există categoria-părinte {parent}.",
    )
    category: str
    parent: str


class CategoryTooDeep(RegularsError):
    """The tree would have more floors than anybody can use."""

    status = 422
    texts = Text(
        en="Category {category} would lie more than {most} levels deep.",
        ru="Категория {category} оказалась бы глубже {most} уровней.",
        ro="Categoria {category} ar fi la peste {most} niveluri adâncime.",
    )
    category: str
    most: int


class UnknownZone(RegularsError):
    """No such time zone."""

    status = 422
    texts = Text(
        en="Store {store}: there is no time zone {zone}. Use a name such as Europe/Chisinau.",
        ru="Магазин {store}: нет часового пояса {zone}. Укажите, например, Europe/Chisinau.",
        ro="Magazinul {store}: nu există fusul orar {zone}. Folosiți, de exemplu, Europe/Chisinau.",
    )
    store: str
    zone: str


class HalfAPlace(RegularsError):
    """A store has a latitude without a longitude, or the other way round."""

    status = 422
    texts = Text(
        en="A store's lat and lon go together: give both, or null for both.",
        ru="lat и lon магазина указываются вместе: оба значения или null для обоих.",
        ro="lat și lon ale unui magazin merg împreună: ambele sau null pentru ambele.",
    )


class UnknownPlace(RegularsError):
    """A point that is not on the earth, or a reach that goes round it."""

    status = 422
    texts = Text(
        en="lat must lie between -90 and 90, lon between -180 and 180, within_m between 1 and 20100000.",
        ru="lat должно быть от -90 до 90, lon от -180 до 180, within_m от 1 до 20100000.",
        ro="lat trebuie să fie între -90 și 90, lon între -180 și 180, within_m între 1 și 20100000.",
    )


class UnknownGood(RegularsError):
    """No good has this sku."""

    status = 404
    texts = Text(en="There is no good {sku}.", ru="Нет товара {sku}.", ro="Nu există produsul {sku}.")
    sku: str


class UnknownPicture(RegularsError):
    """Nothing was fed of this reward under this language and sort."""

    status = 404
    texts = Text(
        en="There is no picture {sort} of {reward} for {language}.",
        ru="Нет картинки {sort} для {reward} на языке {language}.",
        ro="Nu există imaginea {sort} a {reward} pentru {language}.",
    )
    reward: str
    language: str
    sort: int


class RateOfItself(RegularsError):
    """A rate between a money and itself, or of something that is no money."""

    status = 422
    texts = Text(
        en="{base}/{quote} is not a pair of currencies of ISO 4217.",
        ru="{base}/{quote} не является парой двух валют ISO 4217.",
        ro="{base}/{quote} nu este o pereche de două monede ISO 4217.",
    )
    base: str
    quote: str
