"""What changed on the platform: communities that come, go and move, and people who come and go."""

from bot.core.events import Added, Joined, Left, Moved, Present, Removed
from bot.core.features import Absorbed
from bot.core.refs import Member, Room
from bot.core.turn import USES
from bot.engine.turn import EngineTurn
from bot.engine.whereabouts import ensure_community, find_community, find_member
from storage.communities import Communities
from storage.members import Members
from storage.moving import Moving


def community(turn: EngineTurn, event: Added | Removed) -> None:
    """Take a community in at the first sight of it; tell the features that it came or went."""
    if isinstance(event, Removed) and Communities(turn.tx).find(event.community) is None:
        return  # it goes on under another name
    name = event.name if isinstance(event, Added) else event.community.id
    row = ensure_community(turn, event.community, name)
    turn.where.community = row
    turn.where.locale = turn.running.words.nearest(row.locale)
    turn.tell(event)


def moved(turn: EngineTurn, event: Moved) -> None:
    """Let a community go on under its new name, with the rooms that have one, too."""
    moving = Moving(turn.tx)
    row = moving.community(event.before, event.after)
    if row is None:
        _absorbed(turn, moving, event)
        return
    for before, after in event.rooms:
        moving.room(row, before, after)
    turn.where.community = row
    turn.where.locale = turn.running.words.nearest(row.locale)
    turn.tell(event)


def _absorbed(turn: EngineTurn, moving: Moving, event: Moved) -> None:
    """Tell where a community ends because it is part of another that is set up itself."""
    both = moving.both(event.before, event.after)
    if both is None:
        return
    part, whole = both
    rooms = [getattr(part, f"{use}_room") for use in reversed(USES)]
    told = next((each for each in rooms if each), None)
    if told is None:
        return
    turn.where.community = whole
    turn.where.locale = turn.running.words.nearest(part.locale)
    room = Room(part.platform, told)
    turn.tell(Absorbed(event_id=turn.new_id(), name=part.name, room=room))


def came_or_went(turn: EngineTurn, event: Joined | Left) -> None:
    """Note who came or left; of those who leave, nobody is taken in who was not known."""
    if event.community is None:
        return
    members = Members(turn.tx)
    if isinstance(event, Left) and members.find(event.member) is None:
        return
    find_member(turn, event)
    find_community(turn, event)
    if isinstance(event, Left):
        members.leave(turn.subject, turn.community.id, turn.now)
    turn.tell(event)
    if isinstance(event, Joined):
        members.enter(turn.subject, turn.community.id)


def compare(turn: EngineTurn, event: Present) -> None:
    """Note who left, and who came back, while nobody told us."""
    row = Communities(turn.tx).find(event.community)
    if row is None:
        return
    members = Members(turn.tx)
    for subject, id_, here in members.of(row.id):
        if not here and id_ in event.members:
            members.enter(subject, row.id)
        if not here or id_ in event.members:
            continue
        members.leave(subject, row.id, turn.now)
        where = turn.where
        where.subject, where.member = subject, Member(row.platform, id_)
        where.community = row
        left = Left(event_id=turn.new_id(), member=where.member, community=event.community)
        turn.tell(left)
