"""Plays prompts to one phone, one after the other or round and round.

rtp.io does not tell when a sound has ended, so the end is known by its length.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from caredesk.infra.hotline.embedded.media import LOOP, MediaSession
from caredesk.infra.hotline.embedded.prompts import Playable
from caredesk.infra.hotline.embedded.sip import Timer, later

LOOK_SECONDS = 0.1
"""Between two looks whether sounds that are on their way have come."""
OnEnd = Callable[[bool], None]
"""Told once, with whether the sounds were cut short."""


class Player:
    """What one phone hears instead of the other side."""

    def __init__(self, session: MediaSession) -> None:
        self._session = session
        self._timer: Timer = None
        self._on_end: OnEnd | None = None
        self.playing = False
        self.interruptible = False

    def play(
        self, sounds: Sequence[Playable], *, loop: bool = False, interruptible: bool = False, on_end: OnEnd
    ) -> None:
        """Play sounds in order; what played before is cut short and told so."""
        self.stop()
        self._on_end, self.interruptible = on_end, interruptible
        self._next(list(sounds), rest=list(sounds), loop=loop)

    def play_when_here(
        self,
        find: Callable[[], Sequence[Playable] | None],
        *,
        meanwhile: Playable | None,
        loop: bool = False,
        interruptible: bool = False,
        on_end: OnEnd,
    ) -> None:
        """Play what `find` returns; while that is None, `meanwhile` is repeated and `find` asked again."""
        self.stop()
        self._on_end, self.interruptible = on_end, interruptible
        self._look(find, meanwhile=meanwhile, loop=loop)

    def _look(self, find: Callable[[], Sequence[Playable] | None], *, meanwhile: Playable | None, loop: bool) -> None:
        if (sounds := find()) is None:
            if meanwhile is not None and not self.playing:
                self.playing = True
                self._session.play(meanwhile.file, times=LOOP)
            self._timer = later(LOOK_SECONDS, lambda: self._look(find, meanwhile=meanwhile, loop=loop))
            return
        if self.playing:
            self._session.quiet()
        self._next(list(sounds), rest=list(sounds), loop=loop)

    def repeat(self, sound: Playable) -> None:
        """Play one sound until something else is to be heard."""
        self.stop()
        self.playing = True
        self._session.play(sound.file, times=LOOP)

    def stop(self) -> None:
        """Play nothing; the other side is heard again."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.playing:
            self._session.quiet()
            self.playing = False
        self._end(cut=True)

    def _next(self, sounds: list[Playable], *, rest: list[Playable], loop: bool) -> None:
        self._timer = None
        if not rest and loop and sounds:
            rest = list(sounds)
        if not rest:
            self.playing = False
            self._end(cut=False)
            return
        sound, *after = rest
        self.playing = True
        self._session.play(sound.file)
        self._timer = later(sound.seconds, lambda: self._next(sounds, rest=after, loop=loop))

    def _end(self, *, cut: bool) -> None:
        told, self._on_end, self.interruptible = self._on_end, None, False
        if told is not None:
            told(cut)
