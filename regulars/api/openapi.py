"""`python -m regulars.api.openapi` writes docs/openapi.json and docs/errors.md; a test holds both fresh."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from regulars import assembly
from regulars.api import app, describing, problems
from regulars.kit import i18n

_DOCS: Final = Path(__file__).resolve().parents[2] / "docs"


def errors_page() -> str:
    """docs/errors.md: every code with its status, its data and its words."""
    assembly.load_errors()
    rows = [
        "# Errors",
        "",
        "Every error is `application/problem+json` (RFC 9457): `type`, `title`, `status`, `detail`, `code`, `fields`.",
        "`Accept-Language` chooses the language of `detail`. The answer to an activity that is refused is kept and",
        "repeated byte for byte, whoever asks: its `detail` is English, and `texts` has `en`, `ru`, `ro`.",
        "This page is written by `make openapi`.",
        "",
        "| code | status | fields | what it says | по-русски | în română |",
        "|---|---|---|---|---|---|",
    ]
    for kind in problems.every_error():
        data = ", ".join(f"`{name}`" for name in kind.field_names if name != "reasons")
        words = " | ".join(_cell(i18n.pick(kind.texts, language)) for language in i18n.LANGUAGES)
        rows.append(f"| `{kind.code}` | {kind.status} | {data} | {words} |")
    return "\n".join(rows) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def write(folder: Path = _DOCS) -> None:
    """Write docs/openapi.json and docs/errors.md."""
    encoded = msgspec.json.format(msgspec.json.encode(describing.document(app.routes_only())), indent=2)
    (folder / "openapi.json").write_bytes(encoded + b"\n")
    (folder / "errors.md").write_text(errors_page())


if __name__ == "__main__":
    write()
