"""An encrypted conversation with a bot that is killed again and again."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass

from tests.support.circle import opened, welcomed
from tests.support.matrix_circle import StrictCircle
from tests.support.strict import StrictHuman

_NO_SHIELD = 0
_ANSWER = "no page about that"


@dataclass(frozen=True, slots=True)
class Report:
    """What came of it."""

    kills: int
    asked: int
    answered: int
    unreadable: int

    @property
    def clean(self) -> bool:
        """Whether nothing was lost, said twice, or could not be read."""
        return self.asked == self.answered and not self.unreadable


async def all_is_sealed(person: StrictHuman, chat: str, bot: str) -> None:
    """Fail unless all that the bot said here was encrypted, readable, and above suspicion."""
    said = [each for each in person.timeline if each.room == chat and each.sender == bot]
    messages = [each for each in said if each.type == "m.room.message"]
    assert messages
    assert not person.unreadable
    assert {person.wires[each.id] for each in messages} == {"m.room.encrypted"}
    assert {person.shields[each.id] for each in messages} == {_NO_SHIELD}


async def killed_again_and_again(circle: StrictCircle, kills: int, seed: int) -> Report:
    """Ask something at every turn, with a kill at a random moment around it."""
    chance = random.Random(seed)
    await opened(circle)
    await welcomed(circle, "ana")
    done = asked = 0
    while done < kills:
        await circle.says("ana", f"help giraffe{asked}")
        await asyncio.sleep(chance.random() * 0.3)
        circle.bot.kill()
        await circle.says("ana", f"help zebra{asked}")
        circle.bot.start()
        done, asked = done + 1, asked + 2
        await asyncio.sleep(chance.random() * 3)
        if done < kills and chance.random() < 0.5:
            circle.bot.kill()
            circle.bot.start()
            done += 1
    ana, chat = await circle.strict("ana"), await circle.chat("ana")

    def answers() -> int:
        return sum(_ANSWER in each.text for each in ana.timeline)

    for _ in range(120):
        if answers() >= asked:
            break
        await ana.sync(1)
    await ana.sync(3)
    await ana.sync(3)  # whatever would be said once more
    report = Report(done, asked, answers(), len(ana.unreadable))
    if report.clean:
        await all_is_sealed(ana, chat, circle.account.user_id)
    return report
