"""The welcome, and the Start page: one unsolicited message at most, and a door that stays."""

from bot.core.commands import Command
from bot.core.events import Joined, Moved
from bot.core.features import DoorMoved, Feature, Introduced, IntroductionOffered, Opened
from bot.features.welcome import expectations, flow, greeting, introduction


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
        },
    )
