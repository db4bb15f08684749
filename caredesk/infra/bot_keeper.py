"""Keeps a process's bot loaded and current, in a thread of its own: loading takes seconds, and nobody waits for it."""

from __future__ import annotations

import logging
import threading

from caredesk.edge.services import BotSource

log = logging.getLogger(__name__)

LOOK_SECONDS = 30.0


class BotKeeper:
    """Loads the bot, then looks now and then whether another process has published something."""

    def __init__(self, bot: BotSource) -> None:
        self._bot = bot
        self._stopped = threading.Event()
        self._loaded = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._keep, name="bot", daemon=True).start()

    def wait(self, *, seconds: float) -> bool:
        """Wait until the bot is loaded, at most so long; tell whether it is."""
        return self._loaded.wait(seconds)

    def stop(self) -> None:
        """Look no more; a load that is under way is not waited for."""
        self._stopped.set()

    def _keep(self) -> None:
        while True:
            try:
                self._bot.current()
                self._loaded.set()
                self._bot.follow()
            except Exception:
                log.exception("bot_not_followed")
            if self._stopped.wait(LOOK_SECONDS):
                return
