"""A supervisor beside a talk: one who listens, one whom only the agent hears, one who talks along.

Whoever listens gets copies, and the two who talk hear each other without us: their session stands between the caller's
and the agent's, because a stream of the caller's can be recorded or copied, not both, and a browser's own stream is
copied as it came, which is encrypted. Who whispers or joins is heard: then the talk's sound goes through the mixer.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Literal, Protocol

from caredesk.infra.hotline.embedded.media import MediaSession
from caredesk.infra.hotline.embedded.mixing import Mixer, Route
from caredesk.infra.hotline.embedded.sdp import Media

Mode = Literal["listen", "whisper", "join"]
MODES: tuple[Mode, ...] = ("listen", "whisper", "join")
CALLER, AGENT, BESIDE = range(3)
HEARS: Mapping[Mode, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "whisper": ((AGENT,), (CALLER, BESIDE)),
    "join": ((AGENT, BESIDE), (CALLER, BESIDE)),
}
"""Whom the caller hears, and whom the agent hears."""


class Beside(Protocol):
    """One who stands beside one call, whoever the agent is."""

    mode: Mode

    def hear(self, caller: MediaSession, agent: MediaSession) -> None:
        """Stand beside a talk that is bridged."""

    def leave(self) -> None:
        """Stand beside nobody; those who talk hear each other as if nobody had been there."""

    def close(self) -> None:
        """Leave for good."""


def stand_beside(session: MediaSession, *, mode: Mode) -> Beside:
    """Have the phone of a session stand beside a call."""
    return Ear(session) if mode == "listen" else Table(session, mode=mode)


class Ear:
    """One who listens and is heard by nobody."""

    mode: Mode = "listen"

    def __init__(self, listener: MediaSession) -> None:
        """Send to the listener's session what is copied; what the listener says is not passed on."""
        self._talk: tuple[MediaSession, MediaSession] | None = None
        self._relay: MediaSession | None = None
        self._mixer = Mixer(listener.plane.address, codec=listener.codec, parties=3)
        listener.chain_to(self._mixer.ports[BESIDE])
        self._mixer.route({BESIDE: Route(listener.inner_port, (CALLER, AGENT))})

    def hear(self, caller: MediaSession, agent: MediaSession) -> None:
        """Listen to a talk that is bridged: put a session between the two."""
        self.leave()
        self._talk = (caller, agent)
        relay = self._relay = MediaSession(caller.plane, caller.codec)
        relay.open(secure=False, then=partial(self._opened, relay))

    def _opened(self, relay: MediaSession) -> None:
        if relay is self._relay and self._talk is not None:
            caller, _ = self._talk
            inside = Media(caller.plane.address, caller.inner_port, (caller.codec,), None, "sendrecv", secure=False)
            relay.join(inside, then=partial(self._joined, relay))
        else:
            relay.close()

    def _joined(self, relay: MediaSession) -> None:
        if relay is self._relay and self._talk is not None:
            caller, agent = self._talk
            relay.chain(agent)
            relay.copy_to(self._mixer.ports[CALLER], self._mixer.ports[AGENT])
            caller.chain_to(relay.outer_port)
            agent.chain(relay)
        else:
            relay.close()

    def leave(self) -> None:
        """Listen to nobody; those who talk hear each other without a session between them."""
        relay, self._relay = self._relay, None
        talk, self._talk = self._talk, None
        if talk is not None:
            _join_again(talk)
        if relay is not None and relay.outer_port:
            relay.close()

    def close(self) -> None:
        """Listen no more."""
        self.leave()
        self._mixer.close()


class Table:
    """One who is heard: by the agent alone, or by both. Everybody of the talk sits at one mixer meanwhile."""

    def __init__(self, speaker: MediaSession, *, mode: Mode) -> None:
        """Take what the speaker says; until there is a talk nobody hears it."""
        self.mode = mode
        self._speaker = speaker
        self._talk: tuple[MediaSession, MediaSession] | None = None
        self._mixer = Mixer(speaker.plane.address, codec=speaker.codec, parties=3)
        speaker.chain_to(self._mixer.ports[BESIDE])
        self._seat({})

    def hear(self, caller: MediaSession, agent: MediaSession) -> None:
        """Stand beside a talk that is bridged."""
        self._talk = (caller, agent)
        to_caller, to_agent = HEARS[self.mode]
        caller.chain_to(self._mixer.ports[CALLER])
        agent.chain_to(self._mixer.ports[AGENT])
        self._seat({CALLER: Route(caller.inner_port, to_caller), AGENT: Route(agent.inner_port, to_agent)})

    def _seat(self, talk: Mapping[int, Route]) -> None:
        beside = Route(self._speaker.inner_port, (CALLER, AGENT) if talk else ())
        self._mixer.route({**talk, BESIDE: beside})

    def leave(self) -> None:
        """Stand beside nobody; those who talk hear each other directly."""
        # First nothing more is sent to them: a late packet of ours could be taken for the other side's.
        self._seat({})
        talk, self._talk = self._talk, None
        if talk is not None:
            _join_again(talk)

    def close(self) -> None:
        """Leave for good."""
        self.leave()
        self._mixer.close()


def _join_again(talk: tuple[MediaSession, MediaSession]) -> None:
    caller, agent = talk
    caller.chain(agent)
    agent.chain(caller)
