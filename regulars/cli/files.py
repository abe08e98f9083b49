"""A program in files: one YAML, or a folder of them with one file a kind, as git likes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from regulars.kit.errors import ValidationFault
from regulars.kit.i18n import Text

_FILE_MAX: Final = 2 << 20
_FILES_MAX: Final = 200
SUFFIXES: Final = frozenset({".yaml", ".yml"})


class Written(msgspec.Struct, frozen=True):
    """The text of a program, where each part of it stands, and how to read the files that it names.

    `parts` are the files in order, each with the line of the text at which it begins, counted from 0.
    """

    text: str
    parts: tuple[tuple[int, Path], ...]
    load: Callable[[str], str]

    def place(self, line: int) -> tuple[Path, int]:
        """The file of a line of the text, and its line there; both count from 1."""
        start, file = next((part for part in reversed(self.parts) if part[0] < max(line, 1)), self.parts[0])
        return file, max(line - start, 1)


def read(path: Path) -> Written:
    """A file, or all YAML files of a folder as one text. Raises ValidationFault."""
    if not path.is_dir():
        return Written(_text(path), ((0, path),), _beside(path.parent))
    files = sorted((each for each in path.iterdir() if each.suffix in SUFFIXES), key=_order)
    if not files or len(files) > _FILES_MAX:
        reasons = Text(
            en=f"a folder of a program holds 1 to {_FILES_MAX} YAML files",
            ru=f"в папке программы должно быть от 1 до {_FILES_MAX} файлов YAML",
            ro=f"dosarul unui program conține între 1 și {_FILES_MAX} fișiere YAML",
        )
        raise ValidationFault(field=str(path), reason=reasons.en, reasons=reasons)
    text, parts, line = "", [], 0
    for file in files:
        # Every kind stands in one file alone, so that the files after each other are one mapping.
        part = _text(file)
        part += "" if part.endswith("\n") or not part else "\n"
        parts.append((line, file))
        text, line = text + part, line + part.count("\n")
    return Written(text, tuple(parts), _beside(path))


def write(folder: Path, files: Mapping[str, str]) -> list[Path]:
    """Put a program into a folder, a file a kind; files of kinds that it no longer has go. What was written.

    Raises ValidationFault where the folder holds YAML that is not a program's.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for stale in (each for each in folder.iterdir() if each.suffix in SUFFIXES and each.name not in files):
        if stale.stem not in _kinds():
            reasons = Text(
                en=f"{stale.name} is no file of a program; choose another folder",
                ru=f"{stale.name} не относится к программе; выберите другую папку",
                ro=f"{stale.name} nu este un fișier al unui program; alegeți alt dosar",
            )
            raise ValidationFault(field=str(folder), reason=reasons.en, reasons=reasons)
        stale.unlink()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in files]


def _kinds() -> frozenset[str]:
    from regulars.program.contracts.definitions import KINDS

    return frozenset({"program", *KINDS})


def _order(file: Path) -> tuple[int, str]:
    return (0 if file.stem == "program" else 1, file.name)


def _text(file: Path) -> str:
    if file.stat().st_size > _FILE_MAX:
        reasons = Text(
            en="a program file may have at most 2 MB",
            ru="файл программы может занимать не больше 2 МБ",
            ro="un fișier de program poate avea cel mult 2 MB",
        )
        raise ValidationFault(field=str(file), reason=reasons.en, reasons=reasons)
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as fault:
        raise not_text(file, fault) from fault


def not_text(file: Path, fault: UnicodeDecodeError) -> ValidationFault:
    """That a file is not the text that it should be."""
    reasons = Text(
        en=f"it is not UTF-8: {fault.reason}",
        ru=f"это не UTF-8: {fault.reason}",
        ro=f"nu este UTF-8: {fault.reason}",
    )
    return ValidationFault(field=str(file), reason=reasons.en, reasons=reasons)


def _beside(folder: Path) -> Callable[[str], str]:
    def load(name: str) -> str:
        path = (folder / name).resolve()
        # A program from elsewhere must not read files of this machine.
        if not path.is_relative_to(folder.resolve()):
            raise OSError(f"{name} does not stand in {folder.name or folder}")
        return path.read_text(encoding="utf-8-sig")

    return load
