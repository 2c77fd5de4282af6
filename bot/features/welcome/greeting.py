"""The day's welcome in a room: one message at most, which names only those who asked for it."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.core.actions import Edit, Field, Lane, Retract
from bot.core.errors import BadInput
from bot.core.refs import Room
from bot.core.turn import Answer, Plan, Turn
from bot.engine.schedule.calendar import calendar_of
from storage.communities import Communities
from storage.greetings import Greetings
from storage.room_days import RoomDays

KIND, LET_GO = "welcome.day", "welcome.let-go"
_AT = time(18)
_DAY, _KEPT = timedelta(days=1), timedelta(days=30)
_NAME_LIMIT = 60


def ask(turn: Turn) -> None:
    """Ask for the name to be welcomed by."""
    called = str(turn.settings.get("called", ""))
    choices = [turn.choice("known", "choice_as", name=called)] if called else []
    choices.append(turn.choice("no", "introduce_not_now"))
    field = Field("called", turn.text("field_called"), limit=_NAME_LIMIT)
    turn.ask_form("welcome.greeting", "ask_greeting", [field], choices=choices, room=_room(turn))


def wished(turn: Turn, answer: Answer) -> None:
    """Keep the wish, and plan the day's welcome if nobody did so yet."""
    if answer.choice == "no":
        turn.say("greeting_none")
        return
    called = " ".join(answer.text.split()) or str(turn.settings.get("called", ""))
    if not called or (not answer.choice and not answer.text.strip()):
        raise BadInput("greeting_empty")
    turn.save_settings({**turn.settings, "called": called})
    turn.rows(Greetings).wish(turn.subject, turn.community.id, called)
    if not turn.plans(KIND):
        _plan(turn, _next(turn))
    turn.say("greeting_kept", room=_room(turn))


def take_back(turn: Turn) -> None:
    """Forget the wish; whoever stands in a posted welcome is taken out of it."""
    rows = turn.rows(Greetings)
    body = rows.of(turn.subject, turn.community.id)
    rows.leave(turn.subject, turn.community.id)
    if body is None:
        turn.say("greeting_is_posted")
    elif "key" not in body:
        turn.say("greeting_taken_back")
    else:
        _take_out(turn, str(body["key"]), str(body["room"]))
        turn.say("greeting_taken_out")


def unsay(turn: Turn, community: str) -> None:
    """Leave somebody who is gone out of a welcome that waits for another day."""
    rows = turn.rows(Greetings)
    body = rows.of(turn.subject, community) or {}
    if "key" in body and turn.rows(RoomDays).waits(str(body["key"])):
        rows.leave(turn.subject, community)
        _take_out(turn, str(body["key"]), str(body["room"]), community)


def _take_out(turn: Turn, key: str, room: str, community: str = "") -> None:
    """Leave the others in the message; without any it goes."""
    row = turn.rows(Communities).get(community or turn.community.id)
    where = Room(row.platform, room)
    names = turn.rows(Greetings).named(row.id, key)
    if not names:
        turn.do(Retract(key=turn.new_id(), to=where, after=key))
        return
    with turn.in_language(row.locale):
        text = turn.text("greeting", names=names)
    turn.do(Edit(key=turn.new_id(), to=where, after=key, text=text, lane=Lane.INTERACTIVE))


def due(turn: Turn, _plan_: Plan) -> None:
    """Welcome in one message whoever asked for it; on a quiet day, or in a pause, a day later."""
    room = turn.community.rooms.get("newcomers")
    if turn.community.state != "open" or calendar_of(turn).quiet(turn.now):
        _plan(turn, _next(turn))
        return
    rows = turn.rows(Greetings)
    names = rows.take(turn.community.id)
    if room is None or not names:
        return
    with turn.in_language(turn.community.locale):
        key = turn.say("greeting", to=room, lane=Lane.NORMAL, names=list(names.values()))
    at = turn.now.isoformat()
    for subject, name in names.items():
        body = {"name": name, "key": key, "room": room.id, "at": at}
        rows.stand(subject, turn.community.id, body)
    _plan(turn, turn.now + _KEPT, LET_GO)


def let_go(turn: Turn, _plan_: Plan) -> None:
    """Forget who stood in a welcome a month ago."""
    turn.rows(Greetings).let_go(turn.community.id, turn.now - _KEPT)


def _next(turn: Turn) -> datetime:
    """Return when the day's welcome comes next on the community's clock."""
    zone = ZoneInfo(turn.community.zone)
    today = turn.now.astimezone(zone)
    at = datetime.combine(today.date(), _AT, zone)
    return at if at > turn.now else datetime.combine(today.date() + _DAY, _AT, zone)


def _plan(turn: Turn, due_: datetime, kind: str = KIND) -> None:
    turn.plan(Plan(id=turn.new_id(), kind=kind, zone=turn.community.zone, next_due=due_))


def _room(turn: Turn) -> str:
    rooms = {facts.room: facts.name for facts in turn.community.known_rooms}
    room = turn.community.rooms.get("newcomers")
    return rooms.get(room, "") if room else ""
