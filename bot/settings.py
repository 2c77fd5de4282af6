"""What the host sets: the environment over `circlekeeper.toml` in the working folder.

Nothing is read on import or behind one's back: `load_settings` is given environment and folder. A
secret may also be named by a file that holds it, as in `CIRCLEKEEPER_DISCORD__TOKEN_FILE`.
"""

import re
from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from bot.core.content import Folders, Mistake
from bot.core.errors import Misconfigured
from bot.core.turn import PAUSABLE
from bot.settings_layers import PLUGGED_IN, Keys, from_environment, from_toml, nested

TOML, DATABASE = "circlekeeper.toml", "sqlite:///circlekeeper.db"


def _like(pattern: str, mend: str) -> AfterValidator:
    """Return a validator of a text's form; it never repeats the text, which may be a secret."""

    def check(value: str | SecretStr | None) -> str | SecretStr | None:
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if text is not None and not re.fullmatch(pattern, text):
            raise PydanticCustomError("form", "{mend}", {"mend": mend})
        return value

    return AfterValidator(check)


def _listed(value: object) -> object:
    """Read "a, b" as a list, as the environment has it."""
    if isinstance(value, str):
        return [word for word in re.split(r"[\s,\[\]\"']+", value) if word]
    return value


def _address(schemes: str, example: str) -> AfterValidator:
    pattern = rf"({schemes})://([A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\])(:\d{{1,5}})?(/[^\s?#]*)?"
    return _like(pattern, f"Write it whole, for example {example}.")


_STRIPPED = BeforeValidator(lambda v: v.strip() if isinstance(v, str) else v)
_TOKEN = _like(r"[!-~]*", "Copy it whole, and nothing with it: it is one word without accents.")
_USER, _HOST = r"@[!-9;-~]+:[A-Za-z0-9.:\[\]-]+", r"[A-Za-z0-9.-]+(:\d+)?"
Web = Annotated[
    str, _address("https?", "https://example.org"), AfterValidator(lambda v: v.rstrip("/"))
]
Socket = Annotated[str, _address("wss?", "wss://gateway.example.org")]
User = Annotated[str, _like(_USER, "Write @name:server, for example @keeper:example.org.")]
Inviter = Annotated[str, _like(f"{_USER}|{_HOST}", "Write @name:server, or a server's name.")]
Database = Annotated[
    SecretStr,
    _like(
        r"sqlite:///(?!:memory:)[^?].*|postgresql(\+psycopg)?://.+",
        f"Write {DATABASE} or postgresql://user:password@host/name.",
    ),
]


Flow = Annotated[str, _like("|".join(PAUSABLE), f"Possible are: {', '.join(PAUSABLE)}.")]


# The line below each setting is what docs/reference/settings.md says of it.


class Discord(BaseModel, frozen=True, extra="forbid"):
    """A Discord account."""

    token: Annotated[SecretStr, _STRIPPED, _TOKEN]
    """The bot's token: in Discord's developer portal, under your application, *Bot*,
    *Reset Token*.
    """
    api_url: Web | None = None
    """Where Discord's API is reached, if not at Discord itself: a REST proxy that several processes
    share, such as `https://proxy.example.org/api/v10`.
    """
    gateway_url: Socket | None = None
    """Where the gateway is reached, if not where Discord says."""
    shard_ids: Annotated[tuple[Annotated[int, Field(ge=0)], ...], BeforeValidator(_listed)] = ()
    """The shards of this process, where several processes share one account; without them, all."""
    shard_count: Annotated[int, Field(ge=1)] | None = None
    """How many shards there are in all processes together; without it, as many as Discord says."""


class Matrix(BaseModel, frozen=True, extra="forbid"):
    """A Matrix account: a password, or an access token."""

    homeserver: Web
    """The homeserver's address, such as `https://matrix.example.org`."""
    user_id: User
    """The bot's account, such as `@keeper:example.org`."""
    access_token: Annotated[SecretStr | None, _STRIPPED, _TOKEN] = None
    """A session's token, in place of a password. One that was copied from Element serves
    unencrypted rooms only, since its session encrypts for Element.
    """
    device_id: str | None = None
    """The session to which the access token belongs, if the homeserver does not say."""
    password: SecretStr | None = None
    """The account's password: the bot signs in by itself, and keeps a session of its own."""
    encryption: bool | None = None
    """Whether encrypted rooms are read; without it, they are if the part `e2e` is installed and the
    session is the bot's own.
    """
    store: Path | None = None
    """Not used any more: keys for encrypted rooms are in the database, sealed."""
    display_name: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    """The name that people see; without it, the account keeps the one that it has."""
    avatar: Path | None = None
    """A picture that people see; without it, the account keeps the one that it has."""
    describe_commands: bool = True
    """Whether rooms in which the bot has the power to do so are told of its commands, for clients
    that offer them while one types (MSC4391). That is a few dozen events of a room's state, once,
    one at a time, whenever nothing was said there for twenty seconds.
    """
    inviters: Annotated[tuple[Inviter, ...], BeforeValidator(_listed)] = ()
    """Who may invite the bot: servers, or people as `@name:server`; without any, whoever is on the
    bot's own server.
    """
    prefix: Annotated[str, _like(r"\S{1,8}", "Write one sign or a few, for example !.")] = "!"
    """What stands before a word that is typed in a room."""


class Http(BaseModel, frozen=True, extra="forbid"):
    """Health and metrics."""

    host: str = "127.0.0.1"
    """The address on which they are served; as it is, this machine alone can ask."""
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """The port; without it, nothing is served."""


class Kept(BaseModel, frozen=True, extra="forbid"):
    """How many days something is kept; the privacy notice says the same."""

    handled: Annotated[int, Field(ge=7, le=365)] = 30
    """Notes of handled events and of what was sent."""
    unshared: Annotated[int, Field(ge=7, le=365)] = 60
    """Thoughts that were to be shared without a name, and were not released."""
    left: Annotated[int, Field(ge=1, le=3650)] = 365
    """What is kept of somebody who has left every community, or was removed: within that time they
    come back to all of it.
    """
    gone: Annotated[int, Field(ge=1, le=3650)] = 90
    """What is kept of a community from which the bot was taken away."""


class Settings(BaseModel, frozen=True, extra="forbid", validate_default=True):
    """Everything that the host sets; once loaded, every path is absolute."""

    database_url: Database = SecretStr(DATABASE)
    """Where the store is: a file, `sqlite:///circlekeeper.db`, or a PostgreSQL database,
    `postgresql://user:password@host/name`.
    """
    charter: Path | None = None
    """A charter's founding draft of your own, in place of the one with ten clauses."""
    content: Path | None = None
    """A folder of your own prompts, hunts, question sets and words, beside the shipped ones."""
    key_file: Path = Path("circlekeeper.key")
    """The master key, with which private things are sealed; without it, `circlekeeper.key` beside
    the database.
    """
    discord: Discord | None = None
    matrix: Matrix | None = None
    adapters: dict[str, dict[str, SecretStr]] = Field(default_factory=dict)
    """Accounts on platforms that other packages bring: what such a package asks for, under the name
    of its adapter, as in `adapters.example.token`.
    """
    http: Http = Http()
    keep_days: Kept = Kept()
    pause: Annotated[tuple[Flow, ...], BeforeValidator(_listed)] = ()
    """Flows of which nothing comes by itself in any community, and that nobody begins: `prompts`,
    `reflection`, `welcome`, `hunts`, `charter`, `lexicon`.
    """
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """How much is logged. No level logs what anybody said."""
    log_format: Literal["console", "json"] = "console"
    """Lines for people, or one JSON object a line for programs."""


def installed() -> dict[str, EntryPoint]:
    """Return the adapters that installed packages bring, by name."""
    return {each.name: each for each in entry_points(group="circlekeeper.adapters")}


def load_settings(environ: Mapping[str, str], folder: Path) -> Settings:
    """Return the settings; raise `Misconfigured` with every mistake in them."""
    settings, mistakes = _load(environ, folder)
    if settings is None or mistakes:
        raise Misconfigured("\n".join(map(str, sorted(mistakes))))
    return settings


def check_settings(environ: Mapping[str, str], folder: Path) -> list[Mistake]:
    """Return every mistake in the settings."""
    return sorted(_load(environ, folder)[1])


def content_folders(settings: Settings) -> Folders:
    """Return where content lies: in a wheel's package, else in the repository; then the host's."""
    package = Path(__file__).parent
    shipped = package / "_content" if (package / "_content").is_dir() else package.parent
    own = [settings.content] if settings.content else []
    return Folders([shipped / "prompts", *own], settings.charter or shipped / "charter.yaml")


def _known(model: type[BaseModel], above: Keys = ()) -> Iterator[tuple[Keys, tuple[Any, ...]]]:
    """Yield every setting's keys and its types, sections too."""
    for name, info in model.model_fields.items():
        types = (info.annotation, *get_args(info.annotation))
        yield (*above, name), types
        for part in types:
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from _known(part, (*above, name))


def _load(environ: Mapping[str, str], folder: Path) -> tuple[Settings | None, list[Mistake]]:
    known = dict(_known(Settings))
    secrets = {keys for keys, types in known.items() if SecretStr in types}
    layers = [from_environment(environ), from_toml(folder / TOML)]
    for layer in layers:
        layer.sort_out(known, secrets, folder)
    values = layers[1].values | layers[0].values

    def tell(keys: Keys, what: str, mend: str) -> None:
        for length in range(len(keys), 0, -1):
            for layer in layers:
                if any(other[:length] == keys[:length] for other in layer.values):
                    return layer.tell(keys, what, mend)
        return layers[0].tell(keys, what, mend)

    _complete(values, known, folder)
    for name in sorted({keys[1] for keys in values if keys[0] == PLUGGED_IN}):
        if name not in (there := installed()):
            listed = f"installed are: {', '.join(sorted(there))}" if there else "none is installed"
            mend = f"Install the package that brings it; {listed}."
            tell((PLUGGED_IN, name), "is no adapter that is installed.", mend)
    for keys, kind in (
        (("charter",), Path.is_file),
        (("content",), Path.is_dir),
        (("matrix", "avatar"), Path.is_file),
    ):
        if keys in values and not kind(Path(values[keys])):
            tell(keys, "names nothing that is there.", "Check the path.")
    credentials = {("matrix", "access_token"), ("matrix", "password")} & values.keys()
    if any(keys[0] == "matrix" for keys in values) and len(credentials) != 1:
        mend = "Set matrix.access_token or matrix.password, and not both."
        tell(("matrix",), "needs one way to log in.", mend)
    settings = None
    try:
        settings = Settings(**nested(values))
    except ValidationError as error:
        for found in error.errors(include_url=False):
            tell(tuple(p for p in found["loc"] if isinstance(p, str)), *_in_words(found))
    return settings, [mistake for layer in layers for mistake in layer.mistakes]


def _complete(values: dict[Keys, Any], known: Mapping[Keys, tuple[Any, ...]], folder: Path) -> None:
    """Make every path whole; the key lies beside the database."""
    url, beside = str(values.get(("database_url",), DATABASE)), folder
    if match := re.match(r"sqlite:///(?!:memory:|file:)([^?]+)", url):
        file = folder / match[1]
        beside, values["database_url",] = file.parent, f"sqlite:///{file}{url[match.end() :]}"
    values.setdefault(("key_file",), str(beside / "circlekeeper.key"))
    for keys, types in known.items():
        if Path in types and isinstance(values.get(keys), str):
            values[keys] = folder / Path(values[keys]).expanduser()


def _in_words(error: ErrorDetails) -> tuple[str, str]:
    """Return what is wrong and how to mend it; never the value, which may be a secret."""
    kind, ctx = error["type"], error.get("ctx", {})
    match kind.split("_")[0]:
        case "missing":
            return "is missing.", "Set it."
        case "form":
            return "does not have the form that it needs.", str(ctx["mend"])
        case "literal":
            return "has a value that is not known.", f"Possible are: {ctx['expected']}."
        case "int":
            return "is not a whole number.", "Write a number, for example 8080."
        case "bool":
            return "is neither true nor false.", "Write true or false."
        case "greater" | "less":
            limits = error["msg"].removeprefix("Input should be ")
            return "is out of range.", f"Write a number {limits}."
        case "model":
            return "is a section.", "Write its settings below it, or after two underscores."
    return "has a value of the wrong type.", "Put it in quotes, or write a list in [ ]."
