"""The base of every error that Regulars answers with, and those that belong to no room. Pure.

An error class names one case. Its fields are its annotations, its wire code is its name in snake_case, and its texts
exist in three languages:

    class InsufficientPoints(RegularsError):
        status = 409
        texts = Text(en="{asked} points were asked for, {available} are available", ru="...", ro="...")
        asked: int
        available: int

    raise InsufficientPoints(asked=100, available=40)
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any, ClassVar, Final, dataclass_transform

from regulars.kit import i18n
from regulars.kit.i18n import Text


@dataclass_transform(kw_only_default=True, eq_default=False)
class RegularsError(Exception):
    """A case with a name. `status` is the HTTP status it is answered with, `fields` its data."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "regulars_error"
    texts: ClassVar[Text] = Text(
        en="Something went wrong on our side.", ru="На нашей стороне произошла ошибка.", ro="A apărut o eroare la noi."
    )
    field_names: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.code = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", cls.__name__).lower()
        own = [name for name, kind in inspect.get_annotations(cls).items() if "ClassVar" not in str(kind)]
        cls.field_names = (*cls.field_names, *(name for name in own if name not in cls.field_names))

    def __init__(self, **fields: Any) -> None:
        for name, value in fields.items():
            if name not in self.field_names:
                raise TypeError(f"{type(self).__name__} has no field {name!r}")
            setattr(self, name, value)
        missing = [name for name in self.field_names if not hasattr(self, name)]
        if missing:
            raise TypeError(f"{type(self).__name__} needs {', '.join(missing)}")
        super().__init__(self.code)

    @property
    def fields(self) -> dict[str, Any]:
        """The data of this case, by field name; every value can be encoded by msgspec."""
        return {name: getattr(self, name) for name in self.field_names}

    @property
    def retry_after_s(self) -> int | None:
        """After how many seconds a retry makes sense; None where a retry would change nothing."""
        return None

    def text(self, language: str) -> str:
        """What a person is told, in `language` (en, ru, ro; anything else is English)."""
        return i18n.fill(self.texts, language, self.fields)

    def __str__(self) -> str:
        return f"{self.code}: {self.text('en')}"

    def __reduce__(self) -> tuple[Callable[..., RegularsError], tuple[type[RegularsError], dict[str, Any]]]:
        # Errors cross process borders (backtest workers), and pickle would call the class without its fields.
        return _rebuild, (type(self), self.fields)


def _rebuild(kind: type[RegularsError], fields: dict[str, Any]) -> RegularsError:
    return kind(**fields)


class ValidationFault(RegularsError):
    """Something in the input is not as it must be. `reason` is a sentence, or `reasons` the same in three languages."""

    status = 422
    texts = Text(en="{field}: {reason}", ru="{field}: {reason}", ro="{field}: {reason}")
    field: str
    reason: str
    reasons: Text | None = None

    def text(self, language: str) -> str:
        """The field and what is wrong with it."""
        reason = self.reason if self.reasons is None else i18n.pick(self.reasons, language)
        return f"{self.field}: {reason}"


class NotFound(RegularsError):
    """Nothing of that kind has this id, or the caller may not know that it has."""

    status = 404
    texts = Text(en="There is no {kind} {id}.", ru="Не найдено: {kind} {id}.", ro="Nu există: {kind} {id}.")
    kind: str
    id: str

    def text(self, language: str) -> str:
        """What is not there, in the words of the language; definitions are called as the program calls them."""
        said = _KINDS.get(self.kind)
        shown = {} if said is None else {"kind": i18n.pick(said, language)}
        return i18n.fill(self.texts, language, self.fields, shown)


_KINDS: Final = {
    "activity": Text(en="activity", ru="активность", ro="activitatea"),
    "board": Text(en="board", ru="таблица лидеров", ro="clasamentul"),
    "draft": Text(en="draft", ru="черновик", ro="ciorna"),
    "draw": Text(en="draw", ru="розыгрыш", ro="tragerea la sorți"),
    "hold": Text(en="hold", ru="резерв", ro="rezervarea"),
    "order": Text(en="order", ru="заказ", ro="comanda"),
    "preset": Text(en="preset", ru="шаблон", ro="șablonul"),
    "proposed release": Text(en="proposed release", ru="предложенный релиз", ro="versiunea propusă"),
    "release": Text(en="release", ru="релиз", ro="versiunea"),
    "segment": Text(en="segment", ru="сегмент", ro="segmentul"),
    "stock": Text(en="stock", ru="запас", ro="stocul"),
    "till": Text(en="till", ru="касса", ro="casa"),
}


class Overloaded(RegularsError):
    """More work is waiting than can be answered in time; nothing was written."""

    status = 503
    texts = Text(
        en="Too much is going on right now. Please try again in {wait_s} s.",
        ru="Сейчас слишком много запросов. Повторите через {wait_s} с.",
        ro="Sunt prea multe cereri acum. Încercați din nou peste {wait_s} s.",
    )
    wait_s: int = 1

    @property
    def retry_after_s(self) -> int:
        """The wait that the answer names."""
        return self.wait_s


class RateLimited(RegularsError):
    """This caller asked more often than agreed; nothing was written."""

    status = 429
    texts = Text(
        en="Too many requests: {limit} are allowed in {window_s} s. Please try again in {wait_s} s.",
        ru="Слишком много запросов: разрешено {limit} за {window_s} с. Повторите через {wait_s} с.",
        ro="Prea multe cereri: sunt permise {limit} în {window_s} s. Încercați din nou peste {wait_s} s.",
    )
    limit: int
    window_s: int
    wait_s: int

    @property
    def retry_after_s(self) -> int:
        """The wait that the answer names."""
        return self.wait_s


class DatabaseUnavailable(RegularsError):
    """The database cannot be reached. Nothing of this request was written, unless `CommitOutcomeUnknown` says so."""

    status = 503
    texts = Text(
        en="The database cannot be reached. Please try again in a moment.",
        ru="База данных недоступна. Повторите попытку чуть позже.",
        ro="Baza de date nu este disponibilă. Încercați din nou în scurt timp.",
    )

    @property
    def retry_after_s(self) -> int:
        """A restart of the server takes about a second."""
        return 1


class CommitOutcomeUnknown(DatabaseUnavailable):
    """The connection broke during COMMIT: what was written may or may not be kept. Ask before repeating."""

    texts = Text(
        en="The connection broke while saving. Please repeat the request with the same key.",
        ru="Соединение прервалось при сохранении. Повторите запрос с тем же ключом.",
        ro="Conexiunea s-a întrerupt la salvare. Repetați cererea cu aceeași cheie.",
    )


class DatabaseBusy(DatabaseUnavailable):
    """A statement or a lock took longer than it may; nothing was written."""

    texts = Text(
        en="The database did not answer in time. Please try again in a moment.",
        ru="База данных не ответила вовремя. Повторите попытку чуть позже.",
        ro="Baza de date nu a răspuns la timp. Încercați din nou în scurt timp.",
    )


class SessionLost(DatabaseUnavailable):
    """The session broke before COMMIT was sent, or the server ended it since this process had no turn on the processor
    for longer than it waits; nothing was written."""

    texts = Text(
        en="The connection broke before anything was saved. Please try again in a moment.",
        ru="Соединение прервалось до сохранения, ничего не записано. Повторите попытку чуть позже.",
        ro="Conexiunea s-a întrerupt înainte de salvare, nu s-a scris nimic. Încercați din nou în scurt timp.",
    )


class StorageFull(DatabaseUnavailable):
    """The disk under the database is full: reading works, writing waits for space."""

    status = 507
    texts = Text(
        en="There is no space left to save this. Please try again later.",
        ru="Недостаточно места для сохранения. Повторите попытку позже.",
        ro="Nu mai este spațiu pentru salvare. Încercați din nou mai târziu.",
    )
