"""Goods, the category tree, brands, stores, and the pictures of rewards."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Float,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from regulars.kit.tables import metadata, register

_MOMENT = DateTime(timezone=True)

directory_version = register(
    Table(
        "directory_version",
        metadata,
        Column("program_id", Integer, primary_key=True, autoincrement=False),
        Column("version", BigInteger, nullable=False, comment="counts the writes; caches ask for it"),
    ),
    spread="reference",
    retention="for ever",
)

category = register(
    Table(
        "category",
        metadata,
        Column("program_id", Integer, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("parent", Text, comment="none: a department"),
        Column("name_en", Text),
        Column("name_ru", Text),
        Column("name_ro", Text),
        Column("changed_at", _MOMENT, nullable=False),
    ),
    spread="reference",
    retention="for ever",
    readable=True,
)

brand = register(
    Table(
        "brand",
        metadata,
        Column("program_id", Integer, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("name", Text, nullable=False),
        Column("owner", Text, comment="whose brand it is: the shop's own, or a maker's"),
        Column("changed_at", _MOMENT, nullable=False),
    ),
    spread="reference",
    retention="for ever",
    readable=True,
)

good = register(
    Table(
        "good",
        metadata,
        Column("program_id", Integer, primary_key=True),
        Column("sku", Text, primary_key=True),
        Column("name", Text),
        Column("category", Text),
        Column("brand", Text),
        Column("kind", Text, nullable=False, server_default=text("'goods'")),
        Column("unit", Text),
        Column("cost", BigInteger, comment="what a unit costs the shop, in minor units"),
        Column("legal_price", BigInteger, comment="below which a unit may not be sold, in minor units"),
        Column("tags", ARRAY(Text), nullable=False, server_default=text("'{}'")),
        Column("from", Date),
        Column("until", Date, comment="exclusive; past it the facts no longer apply"),
        Column("changed_at", _MOMENT, nullable=False),
        CheckConstraint("kind in ('goods', 'service', 'shipping', 'deposit', 'gift_card', 'fee')", name="kind"),
        Index("good_category", "program_id", "category"),
    ),
    spread="reference",
    retention="for ever",
    readable=True,
)

rate = register(
    Table(
        "rate",
        metadata,
        Column("program_id", Integer, primary_key=True),
        Column("base", Text, primary_key=True, comment="ISO 4217: the money of which one unit is priced"),
        Column("quote", Text, primary_key=True, comment="ISO 4217: the money that it is priced in"),
        Column("day", Date, primary_key=True, comment="the local day on which it holds, and after it until the next"),
        Column("rate", Numeric(24, 10), nullable=False, comment="how much of quote one unit of base is"),
        Column("source", Text, nullable=False, comment="who says so: a central bank, a card scheme"),
        Column("changed_at", _MOMENT, nullable=False),
        CheckConstraint("rate > 0", name="rate"),
        CheckConstraint("base <> quote", name="monies"),
    ),
    spread="reference",
    retention="for ever",
)

store = register(
    Table(
        "store",
        metadata,
        Column("program_id", Integer, primary_key=True),
        Column("store_id", Text, primary_key=True),
        Column("name", Text),
        Column("city", Text),
        Column("region", Text),
        Column("chain", Text),
        Column("zone", Text, comment="IANA; none: the program's"),
        Column("address", Text),
        # Degrees are no money: a float is exact to less than a millimetre.
        Column("lat", Float),
        Column("lon", Float),
        Column("tags", ARRAY(Text), nullable=False, server_default=text("'{}'")),
        Column("opening", JSONB, comment="hours by weekday"),
        Column("from", Date),
        Column("until", Date, comment="exclusive; from then on closed for good"),
        Column("changed_at", _MOMENT, nullable=False),
        CheckConstraint("(lat is null) = (lon is null)", name="place"),
        CheckConstraint("lat between -90 and 90 and lon between -180 and 180", name="degrees"),
        Index("store_place", "program_id", "lat", "lon", postgresql_where=text("lat is not null")),
    ),
    spread="reference",
    retention="for ever",
    readable=True,
)

picture = register(
    Table(
        "picture",
        metadata,
        Column("program_id", Integer, primary_key=True),
        Column("reward", Text, primary_key=True),
        Column("language", Text, primary_key=True),
        Column("sort", Integer, primary_key=True, autoincrement=False, comment="the smallest is shown first"),
        Column("picture", Text, comment="its web address"),
        Column("text", Text, comment="the long text"),
        Column("from", Date),
        Column("until", Date, comment="exclusive; from then on it is not shown"),
        Column("changed_at", _MOMENT, nullable=False),
        CheckConstraint("language in ('any', 'en', 'ru', 'ro')", name="language"),
    ),
    spread="reference",
    retention="for ever",
)
