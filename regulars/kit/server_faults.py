"""What can go wrong with the server of a home before anybody can work on it, and what to do then."""

from __future__ import annotations

from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text


class PortTaken(RegularsError):
    """Something listens where the API is to listen."""

    texts = Text(
        en="{host}:{port} cannot be used: something listens there, or the address is not this machine's. "
        "Choose another port with REGULARS_PORT.",
        ru="{host}:{port} использовать нельзя: адрес занят или не принадлежит этой машине. "
        "Выберите другой порт в REGULARS_PORT.",
        ro="{host}:{port} nu poate fi folosit: adresa este ocupată sau nu este a acestei mașini. "
        "Alegeți alt port cu REGULARS_PORT.",
    )
    host: str
    port: int


class ServerDidNotStart(RegularsError):
    """The embedded PostgreSQL ended while starting; the reason is the end of what it said."""

    texts = Text(
        en="The embedded PostgreSQL in {folder} did not start: {reason}",
        ru="Встроенный PostgreSQL в {folder} не запустился: {reason}",
        ro="PostgreSQL încorporat din {folder} nu a pornit: {reason}",
    )
    folder: str
    reason: str


class NoDatabaseYet(RegularsError):
    """Nothing was ever stored in this place, and what was asked for makes no database."""

    status = 503
    texts = Text(
        en="There is no database of Regulars in {place} yet. Make one: regulars db migrate. Or name the place where "
        "yours is: REGULARS_HOME, REGULARS_DATABASE_URL.",
        ru="В {place} ещё нет базы данных Regulars. Создайте её: regulars db migrate. Или укажите, где она есть: "
        "REGULARS_HOME, REGULARS_DATABASE_URL.",
        ro="În {place} nu există încă o bază de date Regulars. Creați-o: regulars db migrate. Sau numiți locul în care "
        "este: REGULARS_HOME, REGULARS_DATABASE_URL.",
    )
    place: str


class DatabaseRests(RegularsError):
    """Nobody runs the embedded database of this home at the moment."""

    status = 503
    texts = Text(
        en="Nobody runs the database in {home}. Start it: regulars serve",
        ru="База данных в {home} сейчас не запущена. Запустите её: regulars serve",
        ro="Baza de date din {home} nu este pornită. Porniți-o: regulars serve",
    )
    home: str


class OtherServerVersion(RegularsError):
    """The data folder was made by another major version of PostgreSQL."""

    texts = Text(
        en="The data in {folder} belongs to PostgreSQL {found}; this release runs {expected}. Restore from a backup.",
        ru="Данные в {folder} созданы PostgreSQL {found}, а нужна версия {expected}. Восстановите из копии.",
        ro="Datele din {folder} aparțin PostgreSQL {found}; se cere {expected}. Restaurați dintr-o copie.",
    )
    folder: str
    found: str
    expected: str


class RestoreUnfinished(RegularsError):
    """A restore into this home was cut short: what is there is not a whole database."""

    texts = Text(
        en="A restore into {home} did not come to its end. Run it again: regulars restore FOLDER",
        ru="Восстановление в {home} не завершилось. Запустите его снова: regulars restore ПАПКА",
        ro="Restaurarea în {home} nu s-a încheiat. Porniți-o din nou: regulars restore DOSAR",
    )
    home: str
