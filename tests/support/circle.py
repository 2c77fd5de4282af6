"""A community to talk in, whatever the platform: journeys are written against this."""

from typing import Any, Protocol


class Circle(Protocol):
    """People and the bot; `name` is a person, and without a room one talks to the bot in private.

    The moderator is `mira`; she made the place and brought the bot.
    """

    async def joins(self, name: str) -> None:
        """Somebody comes into the community."""
        ...

    async def leaves(self, name: str) -> None:
        """Somebody leaves the community."""
        ...

    async def takes_another_device(self, name: str) -> None:
        """Somebody goes on elsewhere, with what the platform has kept for them."""
        ...

    async def days_pass(self, days: int) -> None:
        """Let days pass where the clock can be told to; on a real platform time goes as it goes."""
        ...

    async def says(self, name: str, text: str, *, room: bool = False) -> None:
        """Somebody types."""
        ...

    async def answers(self, name: str, label: str) -> None:
        """Somebody gives one of the answers that are offered: by a click, or in words."""
        ...

    async def reacts(self, name: str, emoji: str, text: str) -> None:
        """Somebody reacts to the newest message of the bot's that contains the text."""
        ...

    async def hears(self, name: str, text: str, *, room: bool = False) -> str:
        """Return the next message of the bot's that contains the text; fail where none comes."""
        ...

    async def hears_nothing(self, name: str) -> None:
        """Fail when the bot has said anything more to this person in private."""
        ...

    async def restarts(self) -> None:
        """End the bot as if the power failed, and start it again."""
        ...


class TalkingCircle(Circle, Protocol):
    """A circle in which people talk in a prompt's thread; `reads`: the bot can read a message once
    its author agrees.
    """

    reads: bool

    async def comes_due(self, kind: str) -> None:
        """Let the time pass until something of this kind is due; the bot restarts on the way."""
        ...

    async def writes(self, name: str, text: str) -> object:
        """Somebody writes in the newest prompt's thread; return the message."""
        ...

    async def nominates(self, name: str, message: Any) -> None:  # noqa: ANN401 - the platform's own
        """Somebody nominates a message in the platform's own way."""
        ...

    async def settles(self) -> None:
        """Let the bot finish what it looks up."""
        ...

    async def fills_in(self, name: str, *texts: str) -> None:
        """Somebody fills in the fields of the form that was asked last."""
        ...


async def opened(circle: Circle) -> None:
    """Set a community up and open it, as its moderator."""
    await circle.says("mira", "!keeper setup", room=True)
    await circle.hears("mira", "Language")
    await circle.answers("mira", "English")
    await circle.hears("mira", "Time zone")
    await circle.says("mira", "Ljubljana")
    await circle.hears("mira", "I use garden")
    await circle.hears("mira", "Charter")
    await circle.answers("mira", "Start from the 10 clauses")
    await circle.hears("mira", "Weekly prompts")
    await circle.answers("mira", "Every Tuesday at 9")
    await circle.hears("mira", "next three dates")
    await circle.answers("mira", "Yes")
    await circle.hears("mira", "Opening")
    await circle.answers("mira", "Open now")
    await circle.hears("mira", "The community is open")
    await circle.hears("mira", "Start here", room=True)


async def welcomed(circle: Circle, name: str) -> None:
    """Come in and go through the welcome, up to its last question."""
    await circle.joins(name)
    await circle.hears(name, "welcome to")
    await circle.answers(name, "Start")
    await circle.hears(name, "1 of 4")
    await circle.answers(name, "English")
    await circle.hears(name, "2 of 4")
    await circle.answers(name, "By direct message")
    await circle.hears(name, "3 of 4")
    await circle.answers(name, "Go on")
    await circle.hears(name, "4 of 4")


async def begins_first_hunt(circle: Circle, name: str) -> str:
    """Go through the first step of *First footsteps*; return the task of the second.

    The person was shown the hunts, or is about to be.
    """
    await circle.hears(name, "Which hunt")
    await circle.answers(name, "First footsteps")
    await circle.hears(name, "Step 1 of 6")
    await circle.answers(name, "Nothing to change")
    return await circle.hears(name, "Step 2 of 6")
