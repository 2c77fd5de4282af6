"""One's own settings: each says what it is now, and most can stay."""

import re
from collections.abc import Mapping

from bot.core.actions import Choice, Field
from bot.core.errors import BadInput
from bot.core.features import HomeItem, SettingsSaved, ZoneChanged
from bot.core.turn import Answer, Turn
from bot.engine.places import zone_meant
from bot.engine.words import language_name

REACH = ("direct", "return", "never")
STANCES = ("feet", "joining", "reading", "shaping", "away")
_QUIET = re.compile(
    r"(?:de |from )?(\d{1,2})\s*(?:[:.h]\s*(\d{2})?)?\s*(?:-|–|to|à|until)"
    r"\s*(\d{1,2})\s*(?:[:.h]\s*(\d{2})?)?"
)


def home(turn: Turn) -> list[HomeItem]:
    """Return the door to what is one's own."""
    return [HomeItem(turn.text("home"), "my", order=60)]


def show(turn: Turn, _options: Mapping[str, str]) -> None:
    """Show what is set, and offer to change one thing."""
    own = turn.settings
    now = {
        "language": language_name(turn.locale),
        "zone": turn.zone,
        "quiet": _shown_quiet(turn, own.get("quiet")),
        "reach": turn.text(f"reach_{own.get('reach', 'return')}"),
        "stance": turn.text(f"stance_{own['stance']}") if own.get("stance") else turn.text("unset"),
        "called": str(own.get("called") or turn.text("unset")),
        "reactions": turn.text("reactions_on" if own.get("reactions", True) else "reactions_off"),
    }
    choices = [
        turn.choice(name, "choice_setting", name=turn.text(f"name_{name}"), now=value)
        for name, value in now.items()
    ]
    choices.append(turn.choice("nothing", "choice_nothing"))
    # Choosing a community anew is part of the settings (`engine/which_community`).
    own.pop("community", None)
    turn.save_settings(own)
    turn.ask("settings.which", "settings", choices)


def which(turn: Turn, answer: Answer) -> None:
    """Ask for the new value of one setting; leaving all as it is counts as well."""
    match answer.choice:
        case "nothing":
            turn.say("nothing_to_change")
            turn.tell(SettingsSaved(event_id=turn.new_id()))
        case "language":
            choices = [Choice(tag, language_name(tag), None, (tag,)) for tag in turn.languages]
            turn.ask("settings.language", "ask_language", choices)
        case "reach":
            choices = [turn.choice(way, f"reach_{way}") for way in REACH]
            turn.ask("settings.reach", "ask_reach", choices)
        case "stance":
            choices = [turn.choice(each, f"stance_{each}") for each in STANCES]
            choices.append(turn.choice("none", "unset"))
            turn.ask("settings.stance", "ask_stance", choices)
        case "reactions":
            choices = [turn.choice("on", "reactions_on"), turn.choice("off", "reactions_off")]
            turn.ask("settings.reactions", "ask_reactions", choices)
        case name:
            field = Field(name, turn.text(f"name_{name}"), limit=60)
            none = turn.choice("none", f"no_{name}", zone=turn.community.zone)
            as_is = turn.choice("keep", "choice_as_is")
            turn.ask_form(f"settings.{name}", f"ask_{name}", [field], choices=[none, as_is])


def language(turn: Turn, answer: Answer) -> None:
    """Keep the language and speak it."""
    _keep(turn, "locale", answer.choice)


def reach(turn: Turn, answer: Answer) -> None:
    """Keep how the member may be reached."""
    _keep(turn, "reach", answer.choice)


def stance(turn: Turn, answer: Answer) -> None:
    """Keep the stance, which is the member's own word for themselves."""
    _keep(turn, "stance", None if answer.choice == "none" else answer.choice)


def reactions(turn: Turn, answer: Answer) -> None:
    """Keep whether the bot adds reactions to questions."""
    _keep(turn, "reactions", answer.choice == "on")


def zone(turn: Turn, answer: Answer) -> None:
    """Keep the member's own time zone, or go by the community's."""
    if answer.choice == "keep":
        show(turn, {})
        return
    if answer.choice == "none":
        _keep(turn, "zone", None)
        return
    _keep(turn, "zone", zone_meant(answer.text))


def called(turn: Turn, answer: Answer) -> None:
    """Keep the name that people know the member by, or none."""
    if answer.choice == "keep":
        show(turn, {})
    else:
        _keep(turn, "called", " ".join(answer.text.split()) or None)


def quiet(turn: Turn, answer: Answer) -> None:
    """Keep the hours in which no message comes by itself."""
    if answer.choice == "keep":
        show(turn, {})
        return
    if answer.choice == "none":
        _keep(turn, "quiet", None)
        return
    found = _QUIET.fullmatch(answer.text.strip().casefold())
    if not found:
        raise BadInput("quiet_unknown")
    first, first_minute, last, last_minute = (int(part or 0) for part in found.groups())
    if first > 24 or last > 24 or first_minute > 59 or last_minute > 59:
        raise BadInput("quiet_unknown")
    times = [f"{first % 24:02}:{first_minute:02}", f"{last % 24:02}:{last_minute:02}"]
    if times[0] == times[1]:
        raise BadInput("quiet_unknown")
    _keep(turn, "quiet", times)


def _keep(turn: Turn, name: str, value: object) -> None:
    settings = {**turn.settings, name: value}
    if value is None:
        del settings[name]
    turn.save_settings(settings)
    if name == "zone":
        turn.tell(ZoneChanged(event_id=turn.new_id(), own=True))
    turn.say("saved")
    turn.tell(SettingsSaved(event_id=turn.new_id()))


def _shown_quiet(turn: Turn, hours: object) -> str:
    if isinstance(hours, list):
        return turn.text("quiet_hours", first=hours[0], last=hours[1])
    return turn.text("no_quiet")
