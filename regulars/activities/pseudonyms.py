"""Invented names for boards: an animal and a number, the same for one member on one board, and no way back."""

from __future__ import annotations

import hashlib
from typing import Final
from uuid import UUID

from regulars.kit.i18n import Text

_ANIMALS: Final = (
    Text(en="Otter", ru="Выдра", ro="Vidra"),
    Text(en="Fox", ru="Лиса", ro="Vulpea"),
    Text(en="Hedgehog", ru="Ёж", ro="Ariciul"),
    Text(en="Owl", ru="Сова", ro="Bufnița"),
    Text(en="Badger", ru="Барсук", ro="Bursucul"),
    Text(en="Stork", ru="Аист", ro="Barza"),
    Text(en="Lynx", ru="Рысь", ro="Râsul"),
    Text(en="Squirrel", ru="Белка", ro="Veverița"),
    Text(en="Hare", ru="Заяц", ro="Iepurele"),
    Text(en="Falcon", ru="Сокол", ro="Șoimul"),
    Text(en="Beaver", ru="Бобр", ro="Castorul"),
    Text(en="Heron", ru="Цапля", ro="Bâtlanul"),
    Text(en="Marten", ru="Куница", ro="Jderul"),
    Text(en="Bison", ru="Зубр", ro="Zimbrul"),
    Text(en="Swan", ru="Лебедь", ro="Lebăda"),
    Text(en="Turtle", ru="Черепаха", ro="Țestoasa"),
)


def invented(secret: bytes, board: str, member_id: UUID) -> Text:
    """The name of a member on a board; `secret` keeps anybody from working it out from an id."""
    hashed = hashlib.blake2b(member_id.bytes + board.encode(), key=secret, digest_size=4).digest()
    animal, number = _ANIMALS[hashed[0] % len(_ANIMALS)], int.from_bytes(hashed[1:], "big") % 9000 + 1000
    return Text(en=f"{animal.en} {number}", ru=f"{animal.ru} {number}", ro=f"{animal.ro} {number}")
