"""The day's welcome in a room: one message at most, which names only those who asked for it."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.core.actions import Field, Lane
from bot.core.errors import BadInput
from bot.core.turn import Answer, Plan, Turn
from bot.engine.schedule.calendar import calendar_of
from storage.greetings import Greetings

KIND = "welcome.day"
_AT = time(18)
_DAY = timedelta(days=1)
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
    """Forget the wish, if the welcome was not posted yet."""
    gone = turn.rows(Greetings).leave(turn.subject, turn.community.id)
    turn.say("greeting_taken_back" if gone else "greeting_is_posted")


def due(turn: Turn, _plan_: Plan) -> None:
    """Welcome in one message whoever asked for it; on a quiet day, or in a pause, a day later."""
    room = turn.community.rooms.get("newcomers")
    if turn.community.state != "open" or calendar_of(turn).quiet(turn.now):
        _plan(turn, _next(turn))
        return
    names = turn.rows(Greetings).take(turn.community.id)
    if room is None or not names:
        return
    with turn.in_language(turn.community.locale):
        turn.say("greeting", to=room, lane=Lane.NORMAL, names=names)


def _next(turn: Turn) -> datetime:
    """Return when the day's welcome comes next on the community's clock."""
    zone = ZoneInfo(turn.community.zone)
    today = turn.now.astimezone(zone)
    at = datetime.combine(today.date(), _AT, zone)
    return at if at > turn.now else datetime.combine(today.date() + _DAY, _AT, zone)


def _plan(turn: Turn, due_: datetime) -> None:
    turn.plan(Plan(id=turn.new_id(), kind=KIND, zone=turn.community.zone, next_due=due_))


def _room(turn: Turn) -> str:
    rooms = {facts.room: facts.name for facts in turn.community.known_rooms}
    room = turn.community.rooms.get("newcomers")
    return rooms.get(room, "") if room else ""
