"""What can go wrong with backups, and what to do then."""

from __future__ import annotations

from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text


class BackupFailed(RegularsError):
    """No backup was made."""

    texts = Text(
        en="No backup was made: {reason}.",
        ru="Резервная копия не сделана: {reason}.",
        ro="Nu s-a făcut nicio copie de rezervă: {reason}.",
    )
    reason: str


class BackupUnderWay(RegularsError):
    """Another backup of the same home goes to the same folder."""

    status = 409
    texts = Text(
        en="Another backup to {folder} is under way. Wait until it is done.",
        ru="В {folder} уже записывается другая копия. Дождитесь её окончания.",
        ro="O altă copie de rezervă se scrie deja în {folder}. Așteptați să se termine.",
    )
    folder: str


class RestoreUnderWay(RegularsError):
    """Another restore goes into the same home."""

    status = 409
    texts = Text(
        en="Another restore into {home} is under way. Wait until it is done, or choose another REGULARS_HOME.",
        ru="В {home} уже идёт другое восстановление. Дождитесь его окончания или выберите другой REGULARS_HOME.",
        ro="O altă restaurare în {home} este în curs. Așteptați să se termine sau alegeți alt REGULARS_HOME.",
    )
    home: str


class NoBackupFolder(RegularsError):
    """Neither the command nor the settings say where backups go."""

    texts = Text(
        en="Say where to: regulars backup FOLDER, or set REGULARS_BACKUP_FOLDER.",
        ru="Укажите, куда: regulars backup ПАПКА, или задайте REGULARS_BACKUP_FOLDER.",
        ro="Spuneți unde: regulars backup DOSAR, sau setați REGULARS_BACKUP_FOLDER.",
    )


class ServerOfYourOwn(RegularsError):
    """The database is a server of the operator's: its backups are made and restored with its own tools."""

    texts = Text(
        en="REGULARS_DATABASE_URL names a server of your own. Back it up and restore it with its own tools "
        "(pg_basebackup with a WAL archive, or what its provider offers), keep {home}/secrets with it, "
        "and after a restore run: regulars db restored",
        ru="REGULARS_DATABASE_URL указывает на ваш сервер. Копируйте и восстанавливайте его его же средствами "
        "(pg_basebackup с архивом WAL или то, что предлагает провайдер), храните рядом {home}/secrets, "
        "а после восстановления выполните: regulars db restored",
        ro="REGULARS_DATABASE_URL numește un server propriu. Copiați-l și restaurați-l cu uneltele lui "
        "(pg_basebackup cu arhivă WAL sau ce oferă furnizorul), păstrați alături {home}/secrets, "
        "iar după restaurare rulați: regulars db restored",
    )
    home: str


class NoBackup(RegularsError):
    """There is no backup in the folder, or none as old as the moment asks for."""

    texts = Text(
        en="There is no such backup in {folder}.",
        ru="Такой резервной копии нет в {folder}.",
        ro="Nu există o asemenea copie de rezervă în {folder}.",
    )
    folder: str


class OtherBackup(RegularsError):
    """The backup was made by a release or a PostgreSQL that this one cannot read."""

    texts = Text(
        en="The backup in {folder} was made by Regulars {made_by}. Restore it with that release, then upgrade.",
        ru="Копия в {folder} сделана Regulars {made_by}. Восстановите её той же версией, затем обновите.",
        ro="Copia din {folder} a fost făcută de Regulars {made_by}. Restaurați-o cu acea versiune, apoi actualizați.",
    )
    folder: str
    made_by: str


class BackupBroken(RegularsError):
    """The backup is not what was written: nothing of it was kept."""

    texts = Text(
        en="The backup is broken and was not restored: {file}: {reason}.",
        ru="Копия повреждена и не восстановлена: {file}: {reason}.",
        ro="Copia este deteriorată și nu a fost restaurată: {file}: {reason}.",
    )
    file: str
    reason: str


class LogMissing(RegularsError):
    """A file is missing in the log that goes on from the backup."""

    texts = Text(
        en="The log of the backup lacks {file}; without it, it reaches {reaches}. Restore to a moment before: --to",
        ru="В журнале копии нет файла {file}; без него он доходит до {reaches}. Восстановите на момент раньше: --to",
        ro="Din jurnalul copiei lipsește {file}; fără el ajunge la {reaches}. Restaurați la un moment dinainte: --to",
    )
    file: str
    reaches: str


class NotReached(RegularsError):
    """The log ends before the moment that was asked for."""

    texts = Text(
        en="The backup does not reach {to}: its last transaction is of {reaches}. Without --to it goes there.",
        ru="Копия не доходит до {to}: последняя транзакция {reaches}. Без --to она восстанавливается до неё.",
        ro="Copia nu ajunge la {to}: ultima tranzacție este din {reaches}. Fără --to se restaurează până acolo.",
    )
    to: str
    reaches: str


class HomeNotEmpty(RegularsError):
    """A restore never writes over anything."""

    texts = Text(
        en="{home} is not empty. Restore into an empty folder: REGULARS_HOME=/elsewhere regulars restore FOLDER",
        ru="Папка {home} не пуста. Восстановите в пустую: REGULARS_HOME=/другая regulars restore ПАПКА",
        ro="{home} nu este gol. Restaurați într-un dosar gol: REGULARS_HOME=/altul regulars restore DOSAR",
    )
    home: str


class ErasedAreBack(RegularsError):
    """The database was restored to a moment before members were erased, and they are in it again."""

    texts = Text(
        en="{members} members who were erased are in the database again: it was restored to a moment before. "
        "Nobody is served before they are erased again: regulars db restored",
        ru="Удалённых участников снова в базе: {members}: она восстановлена на момент раньше. "
        "Сервер не начнёт работу, пока они не удалены снова: regulars db restored",
        ro="{members} membri șterși sunt din nou în baza de date: a fost restaurată la un moment anterior. "
        "Serverul nu pornește până nu sunt șterși din nou: regulars db restored",
    )
    members: int
