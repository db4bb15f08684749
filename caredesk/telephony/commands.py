"""What an engine is told to do: the verbs, and each command as the engine fetches it (`docs/hotline.md`)."""

from __future__ import annotations

from typing import Any, Literal

from caredesk.events.shapes import Shape

Verb = Literal[
    "answer",
    "refuse",
    "play",
    "music",
    "dial",
    "cancel",
    "bridge",
    "release",
    "hold",
    "resume",
    "connect",
    "listen",
    "record",
    "voicemail",
    "digits",
    "hangup",
    "originate",
    "phones_changed",
    "prompts_changed",
]


class CommandView(Shape):
    """One command. It is told again until the engine has said that it is done, and done once however often told."""

    id: str
    n: int
    call_id: str
    verb: Verb
    args: dict[str, Any]


class Commands(Shape):
    """Everything that an engine has not yet done, oldest first."""

    commands: list[CommandView]


class PhoneLine(Shape):
    """A phone that may register: its user and what its password is checked with (RFC 2617, HA1)."""

    user: str
    ha1: str
    kind: Literal["browser", "desk"]
    name: str


class PhoneBook(Shape):
    """Every phone that may register."""

    version: int
    realm: str
    phones: list[PhoneLine]


class Taken(Shape):
    """The facts that need not be told again, whatever became of them."""

    taken: list[str]
