"""What can be wrong with an activity before it is decided, and with the keys that it comes under."""

from __future__ import annotations

from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text


class NothingPublished(RegularsError):
    """The program has no published release."""

    status = 404
    texts = Text(
        en="This program has nothing published yet. Publish a program first.",
        ru="В этой программе ещё ничего не опубликовано. Сначала опубликуйте программу.",
        ro="Acest program nu are încă nimic publicat. Publicați mai întâi un program.",
    )


class NotAGiftCard(RegularsError):
    """Somebody is named by the code of a gift card, and no gift card has it."""

    status = 422
    texts = Text(
        en="No gift card has this code: name the member by something else.",
        ru="Подарочной карты с таким кодом нет: укажите участника иначе.",
        ro="Niciun card cadou nu are acest cod: indicați membrul altfel.",
    )


class OwnAccount(RegularsError):
    """Somebody of the staff would do something by hand to their own points, or to those of their household."""

    status = 403
    texts = Text(
        en="These are your own points, or your household's: somebody else has to do it.",
        ru="Это ваши собственные баллы или баллы вашего домохозяйства: это должен сделать другой человек.",
        ro="Acestea sunt punctele dumneavoastră sau ale gospodăriei: trebuie să o facă altcineva.",
    )


class NoRate(RegularsError):
    """There is no rate for the money of a basket on its day, nor in the week before it."""

    status = 422
    texts = Text(
        en="There is no rate between {money} and {into} for {day}, nor for the six days before it: feed one first.",
        ru="Нет курса между {money} и {into} на {day} и за шесть дней до него: сначала загрузите его.",
        ro="Nu există curs între {money} și {into} pentru {day}, nici pentru cele șase zile dinainte; adăugați-l.",
    )
    money: str
    into: str
    day: str


class ConvertedTooLarge(RegularsError):
    """A basket in another money is worth more than an amount can be."""

    status = 422
    texts = Text(
        en="Converted, the basket is more than {most}.",
        ru="После пересчёта сумма корзины больше {most}.",
        ro="După conversie, coșul depășește {most}.",
    )
    most: int


class NoSuchActivityType(RegularsError):
    """The program has no such activity type."""

    status = 422
    texts = Text(
        en="There is no activity type '{type}' in this program. Known are: {known}.",
        ru="В программе нет типа активности «{type}». Известны: {known}.",
        ro="Programul nu are tipul de activitate „{type}”. Sunt cunoscute: {known}.",
    )
    type: str
    known: str


class NobodyNamed(RegularsError):
    """The activity names no member: no identifier, and no sale that would lead to one."""

    status = 422
    texts = Text(
        en="Say whose activity this is: give at least one identifier in 'member'.",
        ru="Укажите, чья это активность: нужен хотя бы один идентификатор в поле «member».",
        ro="Spuneți a cui este activitatea: dați cel puțin un identificator în „member”.",
    )


class UnknownMember(RegularsError):
    """Nobody has this identifier, and the program or the caller does not enrol."""

    status = 404
    texts = Text(
        en="Nobody is known by this identifier, and nobody is enrolled by it here.",
        ru="Участник с таким идентификатором неизвестен, и по нему здесь никого не регистрируют.",
        ro="Nimeni nu este cunoscut după acest identificator, și nimeni nu este înscris după el aici.",
    )


class IdentifiersDisagree(RegularsError):
    """Two identifiers of one activity lead to two members. A commit opens a case (the event `case.opened`), a quote
    does not; nothing else is written."""

    status = 409
    texts = Text(
        en="The identifiers belong to two different members. Use one of them.",
        ru="Идентификаторы принадлежат двум разным участникам. Используйте один из них.",
        ro="Identificatorii aparțin a doi membri diferiți. Folosiți doar unul.",
    )
    members: list[str]


class SourceNotAllowed(RegularsError):
    """The program names who may send activities of this type, and this one is none of them."""

    status = 403
    texts = Text(
        en="{type} is not taken from {source}; it comes from: {allowed}.",
        ru="{type} не принимается из источника {source}; допустимы: {allowed}.",
        ro="{type} nu se acceptă din sursa {source}; sunt admise: {allowed}.",
    )
    type: str
    source: str
    allowed: str


class InTheFuture(RegularsError):
    """It says that it happened later than now, by more than clocks differ."""

    status = 422
    texts = Text(
        en="occurred_at lies in the future by {ahead_s} s; at most {allowed_s} s are taken. Check the till's clock.",
        ru="occurred_at в будущем на {ahead_s} с; допускается не более {allowed_s} с. Проверьте часы кассы.",
        ro="occurred_at este în viitor cu {ahead_s} s; se acceptă cel mult {allowed_s} s. Verificați ceasul casei.",
    )
    ahead_s: int
    allowed_s: int


class CurrencyMismatch(RegularsError):
    """It is in another money than the program's, and this is not converted."""

    status = 422
    texts = Text(
        en="This program counts in {expected}; {given} is not converted here.",
        ru="Программа ведёт счёт в {expected}; {given} здесь не пересчитывается.",
        ro="Programul numără în {expected}; {given} nu se convertește aici.",
    )
    expected: str
    given: str


class FieldFault(RegularsError):
    """A field of the activity's own type is unknown, missing, or of another type."""

    status = 422
    texts = Text(
        en="fields.{field}: {found}. Expected: {expected}.",
        ru="fields.{field}: {found}. Ожидается: {expected}.",
        ro="fields.{field}: {found}. Se așteaptă: {expected}.",
    )
    field: str
    found: str
    expected: str


class UnknownSale(RegularsError):
    """The sale that is to be undone is not known under this id."""

    status = 404
    texts = Text(
        en="There is no sale {sale}. Give its activity_id, or its source and document.",
        ru="Продажа {sale} не найдена. Укажите activity_id или source и document.",
        ro="Nu există vânzarea {sale}. Dați activity_id, sau source și document.",
    )
    sale: str


class SaleOfAnotherMember(RegularsError):
    """The sale belongs to another member than the identifiers say."""

    status = 409
    texts = Text(
        en="This sale belongs to another member.",
        ru="Эта продажа принадлежит другому участнику.",
        ro="Această vânzare aparține altui membru.",
    )


class IdempotencyKeyMissing(RegularsError):
    """A request that hands in an activity has no Idempotency-Key, so that a retry could count twice."""

    status = 400
    texts = Text(
        en="This request needs the header Idempotency-Key: a text of yours, new for each purchase, kept on retries.",
        ru="Нужен заголовок Idempotency-Key: ваш уникальный текст для каждой операции, неизменный при повторах.",
        ro="Este nevoie de antetul Idempotency-Key: un text unic pentru fiecare operație, păstrat la reîncercări.",
    )


class IdempotencyKeyMalformed(RegularsError):
    """The Idempotency-Key is empty, too long, or has characters that headers cannot carry safely."""

    status = 400
    texts = Text(
        en="Idempotency-Key is 1 to 255 visible ASCII characters.",
        ru="Idempotency-Key: от 1 до 255 видимых символов ASCII.",
        ro="Idempotency-Key are 1-255 caractere ASCII vizibile.",
    )


class IdempotencyKeyReused(RegularsError):
    """The same key came before with another body."""

    status = 422
    texts = Text(
        en="This Idempotency-Key came before with another body. Use a new key for a new request.",
        ru="Этот Idempotency-Key уже использован с другим телом запроса. Для нового запроса нужен новый ключ.",
        ro="Acest Idempotency-Key a mai venit cu alt conținut. Folosiți o cheie nouă pentru o cerere nouă.",
    )


class StillRunning(RegularsError):
    """The first request under this key has no answer yet."""

    status = 409
    texts = Text(
        en="The first request with this key is still running. Try again in a moment.",
        ru="Первый запрос с этим ключом ещё выполняется. Повторите чуть позже.",
        ro="Prima cerere cu această cheie este încă în lucru. Încercați din nou în scurt timp.",
    )

    @property
    def retry_after_s(self) -> int:
        """A batch lives for less than a second."""
        return 1


class DocumentTaken(RegularsError):
    """The document was recorded before with other content."""

    status = 409
    texts = Text(
        en="Document {document} of {source} is recorded already with other content, as {activity_id}.",
        ru="Документ {document} ({source}) уже записан с другим содержанием: {activity_id}.",
        ro="Documentul {document} din {source} este deja înregistrat cu alt conținut, ca {activity_id}.",
    )
    source: str
    document: str
    activity_id: str


class Contended(RegularsError):
    """The account moved on each of our tries."""

    status = 409
    texts = Text(
        en="This account is very busy right now. Try again in a moment.",
        ru="С этим счётом сейчас слишком много операций. Повторите чуть позже.",
        ro="Contul este foarte solicitat acum. Încercați din nou în scurt timp.",
    )

    @property
    def retry_after_s(self) -> int:
        """Until the crowd is gone."""
        return 1


class MemberMoving(RegularsError):
    """The member is on the way to another account: merged, or joining or leaving a household."""

    status = 409
    texts = Text(
        en="This member is being moved to another account. Try again in a moment.",
        ru="Участник как раз переходит в другой счёт. Повторите чуть позже.",
        ro="Membrul este mutat chiar acum în alt cont. Încercați din nou în scurt timp.",
    )

    @property
    def retry_after_s(self) -> int:
        """Until the move has ended."""
        return 1


class QuoteExpired(RegularsError):
    """The quote that this commit carries is older than quotes live."""

    status = 409
    texts = Text(
        en="This quote is {age_s} s old and was good for {ttl_s} s. Ask for a new one.",
        ru="Этому расчёту {age_s} с, а действовал он {ttl_s} с. Запросите новый.",
        ro="Această ofertă de preț are {age_s} s și era valabilă {ttl_s} s. Cereți una nouă.",
    )
    age_s: int
    ttl_s: int


class RedeemCodeNeeded(RegularsError):
    """The program lets points be spent only with a rotating code, and what was shown can be copied."""

    status = 409
    texts = Text(
        en="Spending needs the code that the member's app shows now. Scan the card in the app.",
        ru="Для списания нужен код, который сейчас показывает приложение участника. Отсканируйте карту в приложении.",
        ro="Pentru a cheltui este nevoie de codul afișat acum în aplicația membrului. Scanați cardul din aplicație.",
    )


class RedeemCodeRefused(RegularsError):
    """The rotating code that was shown is wrong, too old, or was used before; `why` is `wrong` or `used`."""

    status = 409
    texts = Text(
        en="This code does not count any more ({why}). Scan the card in the member's app again.",
        ru="Этот код больше не действует ({why}). Отсканируйте карту в приложении участника ещё раз.",
        ro="Acest cod nu mai este valabil ({why}). Scanați din nou cardul din aplicația membrului.",
    )
    why: str
