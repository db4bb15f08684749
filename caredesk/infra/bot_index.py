"""Holds the bot over the published knowledge base; what is slow is done beside the desk, kept on disk, swapped."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from caredesk.actions.bot_evaluations import Exam, Outcome, Progress
from caredesk.chatbot.bot import Bot
from caredesk.chatbot.calibration import WANTED_PRECISION
from caredesk.chatbot.entries import Entries, FaqEntry
from caredesk.chatbot.index import FaqIndex, build_index
from caredesk.core.clock import Clock
from caredesk.core.store import Store
from caredesk.edge.services import IndexNotBuilt, Led
from caredesk.infra.aside import AsideFailed, AsideStopped, run_aside
from caredesk.infra.bot_work import lead, learn
from caredesk.infra.exam_work import examine
from caredesk.infra.garbage import keep_for_good
from caredesk.infra.index_folder import learned_index, path_of, read_index
from caredesk.knowledge_base import queries as knowledge
from caredesk.knowledge_base.schemas import EntryContent

log = logging.getLogger(__name__)

# Up to this size an index that carries on from the last one is made in a moment, within this process.
CARRIED_ON_HERE = 5_000
# Each half a minute after the last: nobody needs longer to learn a base that is carried on.
LOOKS_BEFORE_LEARNING = 4
# It is in pinyin, so that the tables of sounds are read, too.
FIRST_QUESTION = "zenme tuihao"

Aside = Callable[..., Any]


class HeldBot:
    """The current bot. Readers never wait for a rebuild: they use the old one until the new one is whole."""

    def __init__(
        self,
        store: Store,
        *,
        clock: Clock,
        folder: Path,
        precision: float = WANTED_PRECISION,
        aside: Aside = run_aside,
    ) -> None:
        self._store = store
        self._clock = clock
        self._folder = folder
        self._precision = precision
        self._aside = aside
        self._building = threading.Lock()
        self._bot: Bot | None = None
        self._kept: Path | None = None
        self._held: tuple[str, int] | None = None
        self._looks = 0

    def current(self) -> Bot:
        """Return the bot, built on first use."""
        return self._bot or self._build(again=False)

    def without_index(self) -> Bot:
        """Return a bot that knows its guards and no entry; for the seconds in which the index is built."""
        return self._unlearned

    @cached_property
    def _unlearned(self) -> Bot:
        return Bot(learned_index([], version="none", folder=self._folder))

    @property
    def is_loaded(self) -> bool:
        """Tell whether questions are answered without waiting for a build."""
        return self._bot is not None

    def rehearse(
        self, contents: Sequence[EntryContent], *, release: int, texts: Sequence[str], told: Callable[[int], bool]
    ) -> Led | None:
        """Return where questions lead now and with what a release would serve; what it learns is kept for the swap."""
        served, version = self._published()
        planned = Entries.of(map(_faq_entry, contents))
        after = (planned, _version(release))
        try:
            led = self._aside(lead, (served, version), after, texts, self._folder, self._precision, told=told)
        except AsideStopped:
            return None
        except AsideFailed as fault:
            raise IndexNotBuilt(str(fault)) from fault
        return Led(*led)

    def examine(self, exam: Exam, *, told: Callable[[Progress], bool]) -> Outcome | None:
        """Return how the published base does in an exam."""
        entries, version = self._published()
        try:
            outcome: Outcome = self._aside(examine, entries, version, exam, self._folder, self._precision, told=told)
        except AsideStopped:
            return None
        except AsideFailed as fault:
            raise IndexNotBuilt(str(fault)) from fault
        return outcome

    def refresh(self) -> None:
        """Build from what is published now and swap."""
        self._build(again=True)

    def follow(self) -> None:
        """Take up what another server has published, once it has been learned there.

        A server that finds nothing learned for many looks shares no folder with the others, and learns by itself.
        """
        with self._store.reading() as session:
            found = _version(knowledge.current_release(session)), knowledge.count_served(session, at=self._clock.now())
        if self._held in (None, found):
            self._looks = 0
            return
        self._looks += 1
        if self._looks > LOOKS_BEFORE_LEARNING or self._is_learned():
            self._looks = 0
            self.refresh()

    def _is_learned(self) -> bool:
        entries, version = self._published()
        return path_of(entries, version=version, folder=self._folder).exists()

    def _build(self, *, again: bool) -> Bot:
        with self._building:
            if self._bot is not None and not again:
                return self._bot
            entries, version = self._published()
            path = path_of(entries, version=version, folder=self._folder)
            index = read_index(path) or self._learned(entries, version=version, path=path)
            bot = self._swap(index)
            self._kept, self._held = path, (version, len(entries))
            log.info("index_ready", extra={"version": version, "entries": len(entries)})
            return bot

    def _learned(self, entries: Entries, *, version: str, path: Path) -> FaqIndex:
        # Learning takes seconds or minutes; until it is done, what was learned before serves the new entries.
        before = self._kept
        if self._bot is not None and len(entries) <= CARRIED_ON_HERE:
            self._swap(build_index(entries, version=f"{version}-learning", before=self._bot.index))
            before = None
        self._aside(learn, entries, version, self._folder, before, told=self._swap_kept)
        index = read_index(path)
        if index is None:
            raise IndexNotBuilt(str(path))
        return index

    def _published(self) -> tuple[Entries, str]:
        with self._store.reading() as session:
            release = knowledge.current_release(session)
            rows = knowledge.iter_served(session, at=self._clock.now())
            entries = (FaqEntry(row.id, row.category, row.question, tuple(row.similar), row.answer) for row in rows)
            return Entries.of(entries), _version(release)

    def _swap_kept(self, path: Path) -> bool:
        index = read_index(path)
        if index is not None:
            self._swap(index)
        return True

    def _swap(self, index: FaqIndex) -> Bot:
        bot = Bot(index, index.thresholds(precision=self._precision))
        # Whatever is read on first use is read now, so that no parent waits for it.
        bot.ask(FIRST_QUESTION)
        bot.emergencies([FIRST_QUESTION])
        self._bot = bot
        # An index is many objects that live as long as the process; looking through them all for garbage would hold
        # up every screen, again and again.
        keep_for_good()
        return bot


def _version(release: int) -> str:
    return f"release-{release}"


def _faq_entry(content: EntryContent) -> FaqEntry:
    return FaqEntry(content.id, content.category, content.question, tuple(content.similar), content.answer)
