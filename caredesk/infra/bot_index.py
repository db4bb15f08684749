"""Holds the bot over the published knowledge base; built outside any transaction and swapped whole."""

from __future__ import annotations

import logging
import threading

from caredesk.chatbot.bot import Bot
from caredesk.chatbot.index import FaqEntry, build_index
from caredesk.core.clock import Clock
from caredesk.core.store import Store
from caredesk.knowledge_base import queries as knowledge

log = logging.getLogger(__name__)


class HeldBot:
    """The current bot. Readers never wait for a rebuild: they use the old one until the new one is whole."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._building = threading.Lock()
        self._bot: Bot | None = None
        self._unlearned = Bot(build_index([], version="none"))

    def current(self) -> Bot:
        """Return the bot, built on first use."""
        return self._bot or self._build(again=False)

    def without_index(self) -> Bot:
        """Return a bot that knows its guards and no entry; for the seconds in which the index is built."""
        return self._unlearned

    @property
    def is_loaded(self) -> bool:
        """Tell whether questions are answered without waiting for a build."""
        return self._bot is not None

    def refresh(self) -> None:
        """Build from what is published now and swap."""
        self._build(again=True)

    def _build(self, *, again: bool) -> Bot:
        with self._building:
            if self._bot is not None and not again:
                return self._bot
            with self._store.reading() as session:
                release = knowledge.current_release(session)
                rows = knowledge.list_served(session, at=self._clock.now())
                entries = [
                    FaqEntry(
                        id=row.id,
                        category=row.category,
                        question=row.question,
                        similar=tuple(row.similar),
                        answer=row.answer,
                    )
                    for row in rows
                ]
            self._bot = Bot(build_index(entries, version=f"release-{release}"))
            log.info("index_built", extra={"release": release, "entries": len(entries)})
            return self._bot
