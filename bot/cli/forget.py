"""`circlekeeper forget`: erasing somebody who cannot ask the bot for it any more."""

import json
import sys
from dataclasses import asdict, dataclass

import click

from bot import accounts
from bot.app import RandomIds, SystemClock
from bot.cli.commands import Command
from bot.cli.host import settings_here, told
from bot.cli.progress import working
from bot.cli.sound import read_sound_content
from bot.core.errors import Misconfigured
from bot.core.refs import Member
from bot.engine.erasing import erase_absent
from bot.engine.running import Running
from bot.logs import configure_logs
from bot.settings import Settings
from storage.erasing import Erasing, Held
from storage.members import Members
from storage.opening import Opened, open_store
from storage.reporting import report
from storage.transaction import Transaction

_WHAT_AN_ACCOUNT_IS = (
    "On Discord an account is the number that *Copy User ID* gives, on Matrix the whole name, as "
    "@name:server."
)


@dataclass(frozen=True, slots=True)
class _Found:
    """Somebody who is known."""

    member: Member
    subject: str
    held: Held


@click.command(cls=Command)
@click.argument("account")
@click.option("--platform", default="", help="Where the account is, if it is known on several.")
@click.option("--yes", is_flag=True, help="Erase without asking.")
@click.option("--json", "as_json", is_flag=True, help="One object, of what was erased.")
def forget(account: str, platform: str, yes: bool, as_json: bool) -> None:
    """Erase all that is kept of ACCOUNT, a person who cannot ask the bot for it any more.

    It is what `my forget` does in chat, and nothing is said to them. On SQLite the bot has to be
    stopped meanwhile. Exit code 1: nothing is kept of them, or it was not wanted after all.
    """
    with told():
        settings = settings_here()
        configure_logs("error", "console")
        url = settings.database_url.get_secret_value()
        report(url)  # refuses where there is no store yet
        opened = open_store(url, settings.key_file)
        try:
            found = opened.store.run(lambda tx: _find(tx, account.strip(), platform))
            if found is None:
                click.echo(
                    f"circlekeeper: Nothing is kept of {account}: it was never known here, is "
                    f"erased already, or is mistyped. {_WHAT_AN_ACCOUNT_IS}",
                    err=True,
                )
                sys.exit(1)
            if not yes and not _is_wanted(found):
                click.echo("circlekeeper: Nothing was erased.", err=True)
                sys.exit(1)
            with working("Erasing"):
                held = _erase(settings, opened, found)
        finally:
            opened.close()
    _tell(found.member, held, str(opened.key_file.journal), as_json)


def _find(tx: Transaction, account: str, platform: str) -> _Found | None:
    """Find who is meant.

    Raises: `Misconfigured` where that may be several.
    """
    known = Erasing(tx).platforms()
    if platform and platform not in known:
        there = f"There are: {', '.join(known)}." if known else "There is nobody at all."
        raise Misconfigured(f"Nobody is known on {platform}. {there}")
    found = [
        (member, subject)
        for member in (Member(each, account) for each in known if platform in ("", each))
        if (subject := Members(tx).find(member)) is not None
    ]
    if len(found) > 1:
        where = " and on ".join(member.platform for member, _ in found)
        raise Misconfigured(f"{account} is known on {where}. Say with --platform which is meant.")
    return _Found(*found[0], Erasing(tx).held(found[0][1])) if found else None


def _is_wanted(found: _Found) -> bool:
    """Ask the host, who is shown how much it is and nothing of what.

    Raises: `Misconfigured` where nobody can answer.
    """
    held = found.held
    click.echo(
        f"{found.member.id} on {found.member.platform}: {_counted(held.rows, 'row')} to be "
        f"deleted. Given to the community, and staying without their name: {held.unnamed}. They "
        f"are known in {_counted(held.communities, 'community')}, and are in {held.here} of them "
        "now.",
        err=True,
    )
    try:
        return click.confirm("Erase them? It cannot be undone", err=True)
    except click.Abort as error:
        raise Misconfigured(
            "Nothing was erased, since nobody answered. Where nobody can be asked, add --yes."
        ) from error


def _erase(settings: Settings, opened: Opened, found: _Found) -> Held:
    """Erase them, and return how much that was; nothing, where they asked for it meanwhile.

    Raises: `Misconfigured` where that cannot be noted in the journal.
    """
    content = read_sound_content(settings)
    adapters = {each.name: each for each in accounts.adapters(settings, content)}
    adapter = adapters.get(found.member.platform)
    running = Running(content.features, content.words, SystemClock(), RandomIds())

    def erase(tx: Transaction) -> Held:
        held = Erasing(tx).held(found.subject)
        if held.rows:
            erase_absent(running, tx, adapter, found.member, found.subject)
        return held

    try:
        held = opened.store.run(erase)
    except OSError as error:
        raise Misconfigured(
            f"The journal of erasures {opened.key_file.journal} cannot be written: "
            f"{error.strerror}. Nothing was erased."
        ) from error
    if not opened.store.shared:  # its file is written anew at once, as the bot does within hours
        seen = opened.store.run(lambda tx: Erasing(tx).remove_traces())
        if seen is not None:
            opened.store.run(lambda tx: Erasing(tx).note_removed(seen))
    return held


def _tell(member: Member, held: Held, journal: str, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"platform": member.platform, **asdict(held)}))
        return
    click.echo(
        f"Erased {_counted(held.rows, 'row')}, at once and for good. {journal} notes it by a "
        "random number alone, so that a backup that is restored erases them again: copy it anew "
        "to where you keep the key."
    )


def _counted(number: int, what: str) -> str:
    plural = f"{what[:-1]}ies" if what.endswith("y") else f"{what}s"
    return f"{number} {what if number == 1 else plural}"
