"""The welcome, and the Start page: one unsolicited message at most, and a door that stays."""

from bot.core.commands import Command
from bot.core.events import Joined, Left, Moved
from bot.core.features import (
    DoorMoved,
    Feature,
    Forgetting,
    Introduced,
    IntroductionOffered,
    Opened,
)
from bot.core.turn import Turn
from bot.features.welcome import expectations, flow, greeting, introduction
from storage.members import Members


def _left(turn: Turn, _event: Left) -> None:
    _unsay(turn, turn.community.id)


def _forgetting(turn: Turn, _event: Forgetting) -> None:
    for community in turn.rows(Members).communities(turn.subject):
        _unsay(turn, community)


def _unsay(turn: Turn, community: str) -> None:
    introduction.unsay(turn, community)
    greeting.unsay(turn, community)


def feature() -> Feature:
    """Declare the feature."""
    return Feature(
        name="welcome",
        commands=(Command("start", flow.start),),
        answers={
            "welcome.offer": flow.offered,
            "door.start": flow.door,
            "welcome.language": flow.language,
            "welcome.reach": flow.reach,
            "welcome.kept": flow.kept,
            "welcome.next": flow.chosen,
            "home.door": flow.chosen,
            "welcome.expect": flow.expected,
            "welcome.greeting": flow.greeted,
            **introduction.ANSWERS,
        },
        due={
            expectations.KIND: expectations.due,
            greeting.KIND: greeting.due,
            greeting.LET_GO: greeting.let_go,
        },
        gates=expectations.GATES,
        home=expectations.home,
        findable=flow.findable,
        on={
            Joined: flow.greet,
            Opened: flow.post_door,
            Moved: flow.door_moved,
            DoorMoved: flow.door_moved,
            IntroductionOffered: introduction.offered,
            Introduced: flow.introduced,
            Left: _left,
            Forgetting: _forgetting,
        },
    )
