"""Files and folders that a command was to read or write and cannot: said in a sentence, with what to do."""

from __future__ import annotations

import errno
import getpass
import os
import sys
from typing import Final

from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text

# What else the system refuses is not about a file, and nothing that whoever typed the command can put right.
_OF_FILES: Final = frozenset(
    {
        errno.EACCES,
        errno.EDQUOT,
        errno.EEXIST,
        errno.EFBIG,
        errno.EIO,
        errno.EISDIR,
        errno.ELOOP,
        errno.ENAMETOOLONG,
        errno.ENOENT,
        errno.ENOSPC,
        errno.ENOTDIR,
        errno.EPERM,
        errno.EROFS,
        errno.ESTALE,
    }
)


class PathUnusable(RegularsError):
    """A file or a folder cannot be made, read or written."""

    texts = Text(
        en="{path} cannot be used: {reason}. Name another one, make room on its disk, or let {user} read and write it.",
        ru="{path} использовать нельзя: {reason}. Укажите другое место, освободите диск "
        "или дайте пользователю {user} права на чтение и запись.",
        ro="{path} nu poate fi folosit: {reason}. Numiți alt loc, eliberați spațiu pe disc "
        "sau dați-i utilizatorului {user} drept de citire și scriere.",
    )
    path: str
    reason: str
    user: str


def told(fault: OSError) -> PathUnusable | None:
    """What to tell of it; None where it is not about a file."""
    if fault.errno not in _OF_FILES:
        return None
    # What is there already and is no folder is a file where a folder was to be.
    number = errno.ENOTDIR if fault.errno == errno.EEXIST else fault.errno
    named = next((name for name in (fault.filename2, fault.filename) if isinstance(name, (str, bytes))), None)
    # A disk that is full says so without saying where.
    path = " ".join(["regulars", *sys.argv[1:]]) if named is None else os.fsdecode(named)
    return PathUnusable(path=path, reason=os.strerror(number), user=_user())


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # In a container a number may have no name.
        return str(os.getuid())
