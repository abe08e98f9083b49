"""What the rest of the house needs of the readers: the door of `activities` hands this on as `activities.importing`."""

from __future__ import annotations

from regulars.activities.importing.baskets import Item
from regulars.activities.importing.errors_file import ErrorsFile
from regulars.activities.importing.faults import Fault, UnreadableFile, refused
from regulars.activities.importing.feed import KINDS, intakes, listed, look
from regulars.activities.importing.marks import Mark, digest
from regulars.activities.importing.marks import load as load_mark
from regulars.activities.importing.marks import save as save_mark
from regulars.activities.importing.records import Listed
from regulars.activities.importing.shape import Context, context_of
from regulars.activities.importing.workers import CHUNK, Taken, run

__all__ = [
    "CHUNK",
    "KINDS",
    "Context",
    "ErrorsFile",
    "Fault",
    "Item",
    "Listed",
    "Mark",
    "Taken",
    "UnreadableFile",
    "context_of",
    "digest",
    "intakes",
    "listed",
    "load_mark",
    "look",
    "refused",
    "run",
    "save_mark",
]
