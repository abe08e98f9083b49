"""What an operator may turn: one frozen value, read once from `REGULARS_*`. What a marketer turns is a definition."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, get_type_hints

import msgspec
from msgspec import Meta

from regulars.kit import address
from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text

PREFIX: Final = "REGULARS_"


class UnknownSetting(RegularsError):
    """The environment has a REGULARS_ name that means nothing: most likely a typing mistake."""

    texts = Text(
        en="There is no setting {name}. Known are: {known}.",
        ru="Нет настройки {name}. Известны: {known}.",
        ro="Nu există setarea {name}. Sunt cunoscute: {known}.",
    )
    name: str
    known: str


class InvalidSetting(RegularsError):
    """The value of a setting cannot be read."""

    texts = Text(
        en="{name} is wrong: {reason}", ru="Неверное значение {name}: {reason}", ro="Valoare greșită {name}: {reason}"
    )
    name: str
    reason: str


def default_home() -> Path:
    """Where data lives when REGULARS_HOME does not say: /var/lib/regulars for root, else ~/.local/share/regulars."""
    # The database server never runs as root, and its user cannot enter root's home folder.
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/regulars")
    return Path.home() / ".local" / "share" / "regulars"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Every setting, with what it does. `home` is made absolute; the rest is taken as given."""

    home: Annotated[Path, Meta(description="Folder of all data: the embedded database, secrets, import state.")]
    database_url: Annotated[
        str,
        Meta(description="postgresql://user:password@host:port/name of a server to use instead of the embedded one."),
    ] = ""
    host: Annotated[str, Meta(description="Address that the API listens on.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535, description="Port that the API listens on.")] = 8700
    processes: Annotated[int, Meta(ge=1, le=256, description="Server processes that answer the API.")] = 1
    public_url: Annotated[str, Meta(description="How the world reaches the API; empty: http://host:port.")] = ""
    log_level: Annotated[str, Meta(pattern="^(debug|info|warning|error)$", description="Least level logged.")] = "info"
    log_format: Annotated[str, Meta(pattern="^(text|json)$", description="Log lines for people or machines.")] = "text"
    otlp_endpoint: Annotated[str, Meta(description="Where traces go, OTLP over HTTP; empty: nowhere.")] = ""
    pool_connections: Annotated[int, Meta(ge=1, le=500, description="Database connections of a process.")] = 10
    batch_lanes: Annotated[int, Meta(ge=1, le=16, description="Connections of a process that apply batches.")] = 2
    batch_max: Annotated[int, Meta(ge=1, le=1000, description="Most activities in one batch.")] = 200
    queue_max: Annotated[
        int, Meta(ge=1, description="Activities that may wait in a process; beyond, new ones get 503.")
    ] = 2000
    body_bytes_max: Annotated[int, Meta(ge=1024, description="Largest request body.")] = 1_000_000
    rate_limit_per_s: Annotated[int, Meta(ge=1, description="Requests a second of one API key, on average.")] = 20_000
    rate_limit_burst: Annotated[int, Meta(ge=1, description="Requests of one API key at once.")] = 40_000
    quote_ttl_s: Annotated[int, Meta(ge=1, description="How long the token of a quote may be committed.")] = 900
    answer_days: Annotated[int, Meta(ge=30, description="How long answers to idempotency keys are kept.")] = 30
    sweep_interval_s: Annotated[int, Meta(ge=1, description="Pause between two rounds of the sweeper.")] = 60
    relay_interval_ms: Annotated[int, Meta(ge=1, description="Pause of the event relay when it has nothing.")] = 200
    webhook_targets: Annotated[
        str,
        Meta(description="Where rewards may tell of orders: name=https://... pairs with blanks between; nowhere else."),
    ] = ""
    postgres_shared_buffers: Annotated[str, Meta(description="Cache of the embedded database.")] = "128MB"
    postgres_max_wal_size: Annotated[str, Meta(description="Log of the embedded database between checkpoints.")] = "2GB"
    postgres_max_connections: Annotated[int, Meta(ge=10, description="Connections of the embedded database.")] = 100
    backup_folder: Annotated[
        str,
        Meta(
            description="Where `regulars serve` copies the embedded database's log to, `regulars backup` writes, and "
            "who was erased is written down."
        ),
    ] = ""

    @property
    def base_url(self) -> str:
        """How the world reaches the API, without a slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from `REGULARS_*`. Raises UnknownSetting, InvalidSetting."""
    source = os.environ if environment is None else environment
    known = {PREFIX + field.name.upper(): field for field in msgspec.structs.fields(Settings)}
    given: dict[str, Any] = {}
    for name, value in source.items():
        if not name.startswith(PREFIX):
            continue
        if name not in known:
            raise UnknownSetting(name=name, known=", ".join(sorted(known)))
        try:
            given[known[name].name] = msgspec.convert(value, known[name].type, strict=False, dec_hook=_path)
        except msgspec.ValidationError as fault:
            raise InvalidSetting(name=name, reason=str(fault)) from fault
    _check_url(given.get("database_url", ""))
    home = given.get("home") or default_home()
    return Settings(**{**given, "home": Path(home).expanduser().absolute()})


def describe() -> list[tuple[str, str, str]]:
    """Name, default and meaning of every setting, for help and documentation."""
    hints = get_type_hints(Settings, include_extras=True)
    rows = []
    for field in msgspec.structs.fields(Settings):
        meaning = next(extra.description for extra in hints[field.name].__metadata__ if isinstance(extra, Meta))
        default = default_home() if field.name == "home" else field.default
        rows.append((PREFIX + field.name.upper(), str(default), meaning or ""))
    return rows


def _check_url(url: str) -> None:
    try:
        if url:
            address.parse(url)
    except ValueError as fault:
        # Without what stands there: it may be the password.
        reason = "write it as postgresql://user:password@host:5432/name (other characters of user and password as %xx)."
        raise InvalidSetting(name=f"{PREFIX}DATABASE_URL", reason=reason) from fault


def _path(kind: type[Any], value: Any) -> Any:
    if kind is Path:
        return Path(value)
    raise TypeError(kind)
