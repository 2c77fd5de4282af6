"""Who an event is from, and in which community it is."""

from collections.abc import Mapping

from bot.core.actions import Choice
from bot.core.commands import Command
from bot.core.events import FromMember
from bot.core.refs import Community
from bot.engine.turn import EngineTurn
from storage.communities import Communities
from storage.members import Members
from storage.tables import Community as CommunityRow


def find_member(turn: EngineTurn, event: FromMember) -> None:
    """Find out whose event it is; somebody new gets a subject id."""
    members = Members(turn.tx)
    turn.where.member = event.member
    known = members.find(event.member)
    turn.where.subject = known or members.ensure(event.member, turn.new_id())
    own = members.settings(turn.where.subject).get("locale") if known else None
    turn.where.locale = turn.running.words.nearest(own, event.locale)


def find_community(
    turn: EngineTurn,
    event: FromMember,
    command: Command | None = None,
    options: Mapping[str, str] | None = None,
) -> bool:
    """Find the community: the room's, else the only one, else the one chosen before, else ask.

    Args:
        turn: the turn; whose event it is was found out before.
        event: what the member did.
        command: what is to be done there; only then somebody in several is asked which.
        options: what was typed after the command.
    """
    if turn.where.community is not None:
        return True
    communities = Communities(turn.tx)
    if event.community is not None:
        turn.enter(ensure_community(turn, event.community, event.community.id))
        return True
    found = [communities.find(standing.community) for standing in event.standing]
    here = [row for row in found if row is not None and row.state != "gone"]
    chosen = turn.settings.get("community")
    if len(here) > 1:
        here = [row for row in here if row.id == chosen] or here
    if len(here) == 1:
        turn.enter(here[0])
        return True
    if command is None or not command.needs_community:
        return False
    if not here:
        turn.say("engine/no_community")
        return False
    choices = [Choice(row.id, row.name, None, ()) for row in here]
    about = {"command": command.path, "options": dict(options or {})}
    turn.ask("engine.community", "engine/which_community", choices, about=about)
    return False


def ensure_community(turn: EngineTurn, ref: Community, name: str) -> CommunityRow:
    """Return the row of a community, made at the first sight of it."""
    communities = Communities(turn.tx)
    row = communities.find(ref)
    if row is None:
        row = communities.add(ref, name, turn.new_id(), locale="en", zone="UTC")
    return row
