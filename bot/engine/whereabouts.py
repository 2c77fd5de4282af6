"""Who an event is from, and in which community it is."""

from collections.abc import Mapping

from bot.core.actions import Choice
from bot.core.events import FromMember
from bot.core.refs import Community, Direct
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
    own = members.settings(turn.where.subject) if known else {}
    turn.where.locale = turn.running.words.nearest(own.get("locale"), event.locale)
    if own.get("closed") and isinstance(getattr(event, "place", None), Direct):
        # Who writes to us in private may be written to again.
        members.save_settings(turn.where.subject, {**own, "closed": False})


def find_community(turn: EngineTurn, event: FromMember) -> bool:
    """Find the community: the room's, else the only one, else the one chosen before."""
    if turn.where.community is not None:
        return True
    if event.community is not None:
        turn.enter(ensure_community(turn, event.community, event.community.id))
        return True
    shared = _shared(turn, event)
    if len(shared) == 1:
        turn.enter(shared[0])
    return len(shared) == 1


def ask_community(
    turn: EngineTurn, event: FromMember, word: str, options: Mapping[str, str]
) -> None:
    """Ask somebody in several communities which is meant; the word is then taken up again."""
    shared = _shared(turn, event)
    if not shared:
        turn.say("engine/no_community")
        return
    choices = [Choice(row.id, row.name, None, ()) for row in shared]
    about = {"command": word, "options": dict(options)}
    turn.ask("engine.community", "engine/which_community", choices, about=about)


def _shared(turn: EngineTurn, event: FromMember) -> list[CommunityRow]:
    communities = Communities(turn.tx)
    found = [communities.find(standing.community) for standing in event.standing]
    here = [row for row in found if row is not None and row.state != "gone"]
    chosen = turn.settings.get("community") if len(here) > 1 else None
    return [row for row in here if row.id == chosen] or here


def ensure_community(turn: EngineTurn, ref: Community, name: str) -> CommunityRow:
    """Return the row of a community, made at the first sight of it."""
    communities = Communities(turn.tx)
    row = communities.find(ref)
    if row is None:
        row = communities.add(ref, name, turn.new_id(), locale="en", zone="UTC")
    return row
