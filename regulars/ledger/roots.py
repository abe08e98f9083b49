"""Roots: once a day the ends of all chains are written down outside the database, signed, each over the one before.

A chain tells what was changed, not what was cut off its end: who takes away the last entries of a balance and puts its
row back as it was leaves a chain that holds. A root has the end of every balance as it was, so the check finds it.
The files are text that opens anywhere (`zcat`), and are meant to be copied to where the database's owner cannot write.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import hashlib
import hmac
import io
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec

from regulars.ledger.contracts import Break, NoRoots, Root

if TYPE_CHECKING:
    from regulars.access.contracts import AuditRoot
    from regulars.kit.database import Transaction

COLUMNS: Final = ("account_id", "currency", "version", "changes", "hash")
# Half of a link: nobody finds another chain with the same 16 bytes, and hashes do not compress.
_HASH_BYTES: Final = 16
_PAGE: Final = 5_000

_HEADS: Final = """
select account_id, currency, version, changes, last_hash from regulars.balance
where program_id = $1 and ($2::timestamptz is null or account_id in (
    select account_id from regulars.entry where program_id = $1 and posted_at >= $2
    union all select account_id from regulars.lot_change where program_id = $1 and posted_at >= $2))
order by account_id, currency
"""
# A chain ends with an entry or with a change of dates.
_LOST: Final = """
select t.account_id, t.currency, t.version, t.hash, b.version as stands_at,
    encode(substr(e.hash, 1, 16), 'hex') as other
from unnest($2::uuid[], $3::text[], $4::bigint[], $5::bigint[], $6::bytea[])
    as t (account_id, currency, version, changes, hash)
left join regulars.balance b on b.program_id = $1 and b.account_id = t.account_id and b.currency = t.currency
left join regulars.entry e on e.program_id = $1 and e.account_id = t.account_id and e.currency = t.currency
    and e.version = t.version
left join regulars.lot_change c on c.program_id = $1 and c.account_id = t.account_id and c.currency = t.currency
    and c.seq = t.changes
where substr(e.hash, 1, 16) is distinct from t.hash and substr(c.hash, 1, 16) is distinct from t.hash
order by t.account_id, t.currency
"""


def folder_in(folder: Path, program_id: int) -> Path:
    """Where a program's roots are in a folder that a person named: in it, or, where that is the folder of all programs,
    below it. Raises NoRoots: nothing compared would look like nothing found, and of roots of another program alone
    nothing would be found again."""
    for place in (folder, folder / str(program_id)):
        if any(_read(path).program_id == program_id for path in _files(place)):
            return place
    raise NoRoots(folder=str(folder), program_id=program_id)


def newest(folder: Path) -> Root | None:
    """The last root in a folder."""
    found = _files(folder)
    return None if not found else _read(found[-1])


async def write(
    tx: Transaction,
    folder: Path,
    *,
    program_id: int,
    key: bytes,
    now: dt.datetime,
    full: bool,
    settled: dt.timedelta,
    audit: AuditRoot | None,
) -> Root:
    """Write the next root into a folder, from a snapshot. The first one, and the first of a month, is full. What is
    there under its name is never overwritten: a root exists once its second file does."""
    before = newest(folder)
    whole = full or before is None or (before.at.year, before.at.month) != (now.year, now.month)
    number = 1 if before is None else before.number + 1
    heads = _place(folder, number)
    count = await _write_heads(tx, heads, program_id, None if whole or before is None else before.at - settled)
    root = Root(
        program_id=program_id,
        number=number,
        at=now,
        full=whole,
        heads=count,
        digest=hashlib.sha256(heads.read_bytes()).hexdigest(),
        audit=audit,
        previous="" if before is None else before.signature,
    )
    root = msgspec.structs.replace(root, signature=_signature(root, key))
    # With a dot, as all that is just being written: a backup passes it by.
    draft = folder / f".{number:06d}.root.tmp"
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(root), indent=2))
    draft.rename(folder / f"{number:06d}.root.json")
    return root


async def _write_heads(tx: Transaction, path: Path, program_id: int, since: dt.datetime | None) -> int:
    count = 0
    # Without a moment of its own in the file, the same heads make the same bytes.
    with path.open("wb") as raw, gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as packed:
        text = io.TextIOWrapper(packed, encoding="ascii", newline="", write_through=True)
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(COLUMNS)
        async for row in tx.rows(_HEADS, program_id, since):
            link = bytes(row["last_hash"])[:_HASH_BYTES].hex()
            rows.writerow((row["account_id"], row["currency"], row["version"], row["changes"], link))
            count += 1
        text.flush()
        text.detach()
    return count


def audit_roots(folder: Path) -> list[AuditRoot]:
    """What the roots of a folder say of the audit log."""
    return [root.audit for root in map(_read, _files(folder)) if root.audit is not None]


async def compare(tx: Transaction, folder: Path, *, program_id: int, key: bytes) -> tuple[int, list[Break]]:
    """Hold the roots of a folder against the database, from the last full one on: how many ends were found again, and
    what is missing. A root that was changed, or is missing from the row, is a break itself."""
    files = _files(folder)
    breaks, roots = list[Break](), list[tuple[Path, Root]]()
    before: Root | None = None
    for path in files:
        root = _read(path)
        breaks += _sound(path, root, before, program_id=program_id, key=key)
        roots, before = [*([] if root.full else roots), (path, root)], root
    checked = 0
    for path, root in roots:
        async for page in _pages(path):
            checked += len(page)
            breaks += await _lost(tx, root, page)
    return checked, breaks


def _sound(path: Path, root: Root, before: Root | None, *, program_id: int, key: bytes) -> Iterator[Break]:
    def wrong(column: str, text: str, stored: object, expected: object) -> Break:
        return Break(
            invariant="I2", table=path.name, key=f"root {root.number}", column=column, text=text,
            stored=str(stored), expected=str(expected),
        )  # fmt: skip

    if root.program_id != program_id:
        yield wrong("program_id", "it is of another program", root.program_id, program_id)
    if not hmac.compare_digest(root.signature, _signature(root, key)):
        yield wrong("signature", "it was not signed with the key of this ledger", root.signature, "")
    if before is not None and (root.number, root.previous) != (before.number + 1, before.signature):
        yield wrong("previous", "a root before it is missing or another one", root.previous, before.signature)
    heads = _heads_of(path)
    digest = hashlib.sha256(heads.read_bytes()).hexdigest() if heads.exists() else ""
    if digest != root.digest:
        yield wrong("digest", f"{heads.name} is not the file that was signed", digest, root.digest)


async def _lost(tx: Transaction, root: Root, page: list[list[str]]) -> list[Break]:
    columns = [
        [UUID(row[0]) for row in page],
        [row[1] for row in page],
        [int(row[2]) for row in page],
        [int(row[3]) for row in page],
        [bytes.fromhex(row[4]) for row in page],
    ]
    return [_cut_off(root, row) for row in await tx.fetch(_LOST, root.program_id, *columns)]


def _cut_off(root: Root, row: Any) -> Break:
    when = f"root {root.number} of {root.at:%Y-%m-%d %H:%M} UTC"
    own = f"account_id = '{row['account_id']}' and currency = '{row['currency']}'"
    gone = row["other"] is None
    link = bytes(row["hash"]).hex()
    return Break(
        invariant="I2",
        table="entry",
        key=f"{own} and version = {row['version']}",
        column="" if gone else "hash",
        text=f"{when} has it; " + ("the end of this balance was cut off" if gone else "here stands another one"),
        stored=f"the balance ends with version {row['stands_at']}" if gone else str(row["other"]),
        expected=f"version {row['version']}, hash {link}" if gone else link,
        account_id=row["account_id"],
        currency=row["currency"],
    )


async def _pages(path: Path) -> AsyncIterator[list[list[str]]]:
    heads = _heads_of(path)
    if not heads.exists():
        return
    with gzip.open(heads, "rt", encoding="ascii", newline="") as text:
        rows = csv.reader(text)
        next(rows, None)
        page = list[list[str]]()
        for row in rows:
            page.append(row)
            if len(page) == _PAGE:
                yield page
                page = []
        if page:
            yield page


def _place(folder: Path, number: int) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / f"{number:06d}.heads.csv.gz"


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.root.json")) if folder.is_dir() else []


def _heads_of(path: Path) -> Path:
    return path.with_name(path.name.replace(".root.json", ".heads.csv.gz"))


def _read(path: Path) -> Root:
    return msgspec.json.decode(path.read_bytes(), type=Root)


def _signature(root: Root, key: bytes) -> str:
    unsigned = msgspec.structs.replace(root, signature="")
    return hmac.digest(key, b"root/1" + msgspec.json.encode(unsigned), "sha256").hex()
