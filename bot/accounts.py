"""The accounts that the settings name: what connects as them, and whether they can."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from pydantic import SecretStr

from bot.app import Content, RandomIds, SystemClock, read_content
from bot.core.content import Mistake
from bot.core.errors import Misconfigured
from bot.core.ports import Adapter, Equipment, Inspectable, Inspection, Memory
from bot.engine.declaring import declare
from bot.engine.words import Words
from bot.settings import Discord, Matrix, Settings, content_folders, installed

if TYPE_CHECKING:
    from bot.adapters.matrix import Credentials, LoggedIn

_UNUSED_STORE = (
    "Matrix: the setting matrix.store is not used any more, and can go: the keys of encrypted "
    "rooms lie in the database, sealed."
)
_ASK_ITS_MAKERS = "Look into what the package's makers say about it."
_PATIENCE = 60.0  # seconds that an adapter may take to look
_NOT_INSTALLED = "Discord needs a part that is not installed: pip install 'circlekeeper[discord]'."


def adapters(settings: Settings, content: Content) -> list[Adapter]:
    """Return an adapter for each account; nothing connects yet."""
    found: list[Adapter] = []
    if settings.discord is not None:
        found.append(_discord(settings.discord, content))
    if settings.matrix is not None:
        from bot.adapters.matrix import MatrixAdapter, Profile

        matrix = settings.matrix
        found.append(
            MatrixAdapter(
                matrix.homeserver,
                matrix.user_id,
                SystemClock(),
                RandomIds(),
                access_token=matrix.access_token.get_secret_value()
                if matrix.access_token
                else None,
                device_id=matrix.device_id,
                password=matrix.password.get_secret_value() if matrix.password else None,
                inviters=matrix.inviters or None,
                prefix=matrix.prefix,
                notices=_notices(content.words),
                encryption=matrix.encryption,
                profile=Profile(matrix.display_name, matrix.avatar),
                declared=declare(content.features, content.words)
                if matrix.describe_commands
                else None,
            )
        )
    return [*found, *_plugged_in(settings, content)]


def _plugged_in(settings: Settings, content: Content) -> Iterator[Adapter]:
    """Yield the adapters that other packages bring and the settings name."""
    for name, values in settings.adapters.items():
        yield _plug_in(name, values, content)


def _plug_in(name: str, values: Mapping[str, SecretStr], content: Content) -> Adapter:
    """Make one of them.

    Raises: `Misconfigured`.
    """
    equipment = Equipment(
        {key: value.get_secret_value() for key, value in values.items()},
        SystemClock(),
        RandomIds(),
        declare(content.features, content.words),
    )
    try:
        adapter: Adapter = installed()[name].load()(equipment)
    except (ImportError, AttributeError) as error:
        raise Misconfigured(f"The adapter {name} cannot be loaded: {error}.") from error
    if adapter.name != name:
        raise Misconfigured(f"The adapter {name} calls itself {adapter.name}.")
    return adapter


def _discord(discord: Discord, content: Content) -> Adapter:
    try:
        from bot.adapters.discord import DiscordAdapter
    except ModuleNotFoundError as error:
        raise Misconfigured(_NOT_INSTALLED) from error
    return DiscordAdapter(
        discord.token.get_secret_value(),
        SystemClock(),
        RandomIds(),
        declare(content.features, content.words),
        api_url=discord.api_url,
        gateway_url=discord.gateway_url,
        shard_ids=discord.shard_ids,
        shard_count=discord.shard_count,
    )


def _notices(words: Words) -> dict[str, str]:
    names = {
        "encrypted-room": "engine/encrypted_room",
        "unreadable": "engine/unreadable",
        "in-clear": "engine/in_clear",
        "thread": "engine/thread_goes_on",
    }
    return {notice: _in_all(words, name) for notice, name in names.items()}


def _in_all(words: Words, name: str) -> str:
    """Return words in every language, for people of whom nothing is known yet."""
    return "\n".join(words.render(locale, name, {}) for locale in words.languages)


async def look(
    settings: Settings, remembered: Callable[[str, str], Mapping[str, str]]
) -> tuple[list[Mistake], list[str]]:
    """Ask the platforms whether the accounts can do what they have to; return hints, too.

    `remembered` returns what the store keeps for an account, by kind.
    """
    found: list[Inspection] = []
    if settings.discord is not None:
        try:
            from bot.adapters.discord import Asking as AskingDiscord
        except ModuleNotFoundError as error:
            raise Misconfigured(_NOT_INSTALLED) from error
        token = settings.discord.token.get_secret_value()
        asked: Inspectable = AskingDiscord(token, settings.discord.api_url)
        found.append(await asked.inspect(lambda _kind: {}))  # it remembers nothing that tells
    if settings.matrix is not None:
        from bot.adapters.matrix import Asking as AskingMatrix

        matrix = settings.matrix
        if matrix.store is not None:
            found.append(Inspection(hints=[_UNUSED_STORE]))
        asked = AskingMatrix(_credentials(matrix), matrix.encryption)
        found.append(await asked.inspect(partial(remembered, matrix.user_id)))
    if settings.adapters:
        # Made with the shipped content: they are asked whatever is wrong with the host's own.
        shipped = read_content(content_folders(Settings()))
        for name, values in settings.adapters.items():
            found.append(await _ask_plugged_in(name, values, shipped, remembered))
    return [each for one in found for each in one.mistakes], [
        each for one in found for each in one.hints
    ]


async def _ask_plugged_in(
    name: str,
    values: Mapping[str, SecretStr],
    content: Content,
    remembered: Callable[[str, str], Mapping[str, str]],
) -> Inspection:
    """Ask an adapter that another package brings; nothing that is wrong with it ends the check."""
    where = f"adapters.{name}"
    try:
        adapter = _plug_in(name, values, content)
    except Misconfigured as error:
        what, _, mend = str(error).removesuffix(".").rpartition(". ")
        sentences = (f"{what}.", f"{mend}.") if what else (f"{mend}.", _ASK_ITS_MAKERS)
        return Inspection([Mistake(where, 0, *sentences)])
    if not isinstance(adapter, Inspectable):
        return Inspection(hints=[f"{name}: its adapter cannot be asked whether it would work."])
    try:
        async with asyncio.timeout(_PATIENCE):
            return await adapter.inspect(partial(remembered, adapter.account))
    except Exception as error:
        # No text of the error: it may quote a secret.
        what = f"Its adapter failed when it was asked ({type(error).__name__})."
        return Inspection([Mistake(where, 0, what, _ASK_ITS_MAKERS)])
    finally:
        with contextlib.suppress(Exception):
            await adapter.close()


async def matrix_login(
    settings: Settings,
    memory: Memory,
    *,
    password: Callable[[], str],
    recovery_key: Callable[[], str],
    new_device: bool,
    reset: bool,
    new_recovery_key: bool,
) -> "LoggedIn":
    """Sign in for good; see `bot.adapters.matrix.hosting`."""
    from bot.adapters.matrix import log_in

    return await log_in(
        _credentials(_matrix(settings)),
        memory,
        SystemClock(),
        RandomIds(),
        password=password,
        recovery_key=recovery_key,
        new_device=new_device,
        reset=reset,
        new_recovery_key=new_recovery_key,
    )


def matrix_account(settings: Settings) -> str:
    """Return the Matrix account's name."""
    return _matrix(settings).user_id


def _matrix(settings: Settings) -> Matrix:
    if settings.matrix is None:
        raise Misconfigured(
            "Set CIRCLEKEEPER_MATRIX__HOMESERVER, CIRCLEKEEPER_MATRIX__USER_ID, and "
            "CIRCLEKEEPER_MATRIX__PASSWORD or CIRCLEKEEPER_MATRIX__ACCESS_TOKEN first."
        )
    return settings.matrix


def _credentials(matrix: Matrix) -> "Credentials":
    from bot.adapters.matrix import Credentials

    return Credentials(
        matrix.homeserver,
        matrix.user_id,
        matrix.access_token.get_secret_value() if matrix.access_token else None,
        matrix.device_id,
        matrix.password.get_secret_value() if matrix.password else None,
    )


def invite_url(settings: Settings) -> str:
    """Return the link by which somebody brings the bot into a Discord server."""
    if settings.discord is None:
        raise Misconfigured("Set CIRCLEKEEPER_DISCORD__TOKEN first: the link is made from it.")
    try:
        from bot.adapters import discord
    except ModuleNotFoundError as error:
        raise Misconfigured(_NOT_INSTALLED) from error
    client_id = discord.client_id_of(settings.discord.token.get_secret_value())
    if client_id is None:
        raise Misconfigured(
            "CIRCLEKEEPER_DISCORD__TOKEN does not look like a bot's token. It stands in the "
            "developer portal, under your application, Bot, Reset Token."
        )
    return discord.invite_url(client_id)
