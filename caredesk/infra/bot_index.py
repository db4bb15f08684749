"""Holds the bot over the published knowledge base; built outside any transaction, kept on disk, swapped whole."""

from __future__ import annotations

import gc
import hashlib
import logging
import pickle
import threading
from collections.abc import Sequence
from functools import cached_property, lru_cache
from importlib.metadata import version
from pathlib import Path

from caredesk.chatbot.bot import Bot
from caredesk.chatbot.calibration import WANTED_PRECISION
from caredesk.chatbot.entries import FaqEntry
from caredesk.chatbot.index import FaqIndex, build_index
from caredesk.core.clock import Clock
from caredesk.core.store import Store
from caredesk.knowledge_base import queries as knowledge
from caredesk.knowledge_base.models import KbEntry
from caredesk.knowledge_base.schemas import EntryContent

log = logging.getLogger(__name__)

CHATBOT = Path(__file__).parents[1] / "chatbot"
INDEXES_KEPT = 40
LEARNED_WITH = ("scikit-learn", "numpy", "scipy", "jieba")


class HeldBot:
    """The current bot. Readers never wait for a rebuild: they use the old one until the new one is whole."""

    def __init__(self, store: Store, *, clock: Clock, folder: Path, precision: float = WANTED_PRECISION) -> None:
        self._store = store
        self._clock = clock
        self._folder = folder
        self._precision = precision
        self._building = threading.Lock()
        self._bot: Bot | None = None

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

    def planned(self, contents: Sequence[EntryContent], *, release: int) -> Bot:
        """Return a bot over what a release would serve; what it learns is kept, so that the swap is quick."""
        entries = [_faq_entry(content) for content in contents]
        return Bot(learned_index(entries, version=f"release-{release}", folder=self._folder))

    def refresh(self) -> None:
        """Build from what is published now and swap."""
        self._build(again=True)

    def _build(self, *, again: bool) -> Bot:
        with self._building:
            if self._bot is not None and not again:
                return self._bot
            with self._store.reading() as session:
                release = knowledge.current_release(session)
                entries = [_faq_entry(row) for row in knowledge.list_served(session, at=self._clock.now())]
            version = f"release-{release}"
            index = find_learned(entries, version=version, folder=self._folder)
            if index is None and self._bot is not None:
                # Learning takes seconds; until it is done, what was learned before serves the new entries.
                self._swap(build_index(entries, version=f"{version}-learning", before=self._bot.index))
            bot = self._swap(index or learned_index(entries, version=version, folder=self._folder))
            log.info("index_ready", extra={"release": release, "entries": len(entries)})
            return bot

    def _swap(self, index: FaqIndex) -> Bot:
        self._bot = Bot(index, index.thresholds(precision=self._precision))
        # An index is very many objects that live as long as the process; looking through them all for garbage
        # would hold up every screen for a quarter of a second, again and again.
        gc.collect()
        gc.freeze()
        return self._bot


def _faq_entry(row: KbEntry | EntryContent) -> FaqEntry:
    return FaqEntry(
        id=row.id, category=row.category, question=row.question, similar=tuple(row.similar), answer=row.answer
    )


# ---- keeping what was learned ------------------------------------------------------------------------------


def learned_index(entries: Sequence[FaqEntry], *, version: str, folder: Path) -> FaqIndex:
    """Return the index over these entries: from the folder when the same was learned before, else learned now.

    Learning takes seconds, so a restart must not repeat it. The folder belongs to the desk like its database does;
    whoever may write there already controls the desk, which is why reading a pickle from it is acceptable.
    """
    found = find_learned(entries, version=version, folder=folder)
    if found is None:
        found = build_index(entries, version=version)
        _keep(found, path=_path(entries, version=version, folder=folder))
    return found


def find_learned(entries: Sequence[FaqEntry], *, version: str, folder: Path) -> FaqIndex | None:
    """Return the index over these entries if the same was learned before."""
    try:
        found = pickle.loads(_path(entries, version=version, folder=folder).read_bytes())  # noqa: S301 (see above)
    except FileNotFoundError:
        return None
    except Exception:
        # Whatever is wrong with a stored index, it can be learned again.
        log.exception("stored_index_unreadable")
        return None
    return found if isinstance(found, FaqIndex) else None


def _path(entries: Sequence[FaqEntry], *, version: str, folder: Path) -> Path:
    return folder / f"{_fingerprint(entries, version=version)}.pickle"


def _keep(index: FaqIndex, *, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{threading.get_ident()}.part")
    partial.write_bytes(pickle.dumps(index, protocol=5))
    partial.replace(path)
    for old in sorted(path.parent.glob("*.pickle"), key=lambda p: p.stat().st_mtime)[:-INDEXES_KEPT]:
        old.unlink(missing_ok=True)


def _fingerprint(entries: Sequence[FaqEntry], *, version: str) -> str:
    """Return a name that changes with the entries, the engine's code and data, and the libraries it learns with."""
    digest = hashlib.sha256(_engine_fingerprint().encode())
    digest.update(version.encode())
    for entry in entries:
        digest.update(repr(entry).encode())
    return digest.hexdigest()[:40]


@lru_cache(maxsize=1)
def _engine_fingerprint() -> str:
    digest = hashlib.sha256()
    for path in sorted(CHATBOT.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.relative_to(CHATBOT).as_posix().encode())
            digest.update(path.read_bytes())
    digest.update(" ".join(version(name) for name in LEARNED_WITH).encode())
    return digest.hexdigest()
