"""What can go wrong, from the general to the particular.

CirclekeeperError
├── Misconfigured        the host must mend something; the command line ends with exit code 2
│   ├── MissingKey       the store's key is not there
│   ├── NotNow           the database's server does not answer: it may by itself
│   └── StoreTooNew      the store was written by a later version
├── BadInput             a person typed something that cannot be; answered, nothing changed
├── Undeliverable        final: this action will never be carried out
│   ├── Unreachable      final: the person cannot be written to; what was held waits under Start
│   ├── NotShown         an answer was refused as it is; another one may stand in its place
│   └── Missed           an interaction cannot be answered any more; the answer waits for the next
├── TryLater             the action was refused for now, and certainly not carried out
├── Doubt                nobody knows whether the action was carried out
└── Unreadable           read-back is impossible: "unknown", never "absent"
"""

from typing import Any


class CirclekeeperError(Exception):
    """The root of everything that we raise on purpose."""


class Misconfigured(CirclekeeperError):
    """Something that the host must mend; the message says what, where and how."""


class MissingKey(Misconfigured):
    """The store was sealed with a key that is not there."""


class NotNow(Misconfigured):
    """The database's server does not answer: it may be away for a while, or nowhere."""


class StoreTooNew(Misconfigured):
    """The store was written by a later version of the program."""


class BadInput(CirclekeeperError):
    """What a person typed cannot be.

    Args:
        words: the name of the template that tells the person so, in their language.
        values: what that template shows.
    """

    def __init__(self, words: str, **values: object) -> None:
        """Keep the template's name and its values."""
        super().__init__(words)
        self.words = words
        self.values: dict[str, Any] = dict(values)


class Undeliverable(CirclekeeperError):
    """The action will never be carried out; the message is a reason that a moderator may read."""


class Unreachable(Undeliverable):
    """The person cannot be written to."""


class NotShown(Undeliverable):
    """The platform does not show an answer as it is; whoever waits for it may be told so."""


class Missed(Undeliverable):
    """The interaction that an action answers cannot be answered any more."""


class TryLater(CirclekeeperError):
    """The platform refused for now.

    Args:
        after: seconds to wait before trying again.
        reason: why, in a few words.
        alone: only this action has to wait, and not the whole account.
    """

    def __init__(self, after: float, reason: str = "busy", *, alone: bool = False) -> None:
        """Keep the number of seconds to wait."""
        super().__init__(f"{reason}; again in {after:g} s")
        self.after = after
        self.alone = alone


class Doubt(CirclekeeperError):
    """The action may or may not have been carried out: time-out, reset, a server's error."""


class Unreadable(CirclekeeperError):
    """The platform's history cannot be read, so nothing is known."""
