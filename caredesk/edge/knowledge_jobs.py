"""The check before a publication: builds the new index beside the served one and asks both, with progress in rows."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any

from caredesk.actions.knowledge_publishing import Checked, find_rehearsal, led_to
from caredesk.chatbot.bot import Bot
from caredesk.core.work import SYSTEM
from caredesk.edge.services import Services
from caredesk.edge.transactions import read, write
from caredesk.knowledge_base import editor_queries as editor
from caredesk.knowledge_base.regression import Probe, verdict

log = logging.getLogger(__name__)

AT_ONCE = 50
"""So many questions are asked between two notes of the progress."""


def check_publication(services: Services, payload: dict[str, Any]) -> Checked | None:
    """Ask the old index and the new one; whatever fails, the old one keeps serving and the editor hears of it."""
    publication_id = payload["publication_id"]
    now = services.clock.now()
    with read(services) as session:
        rehearsal = find_rehearsal(session, publication_id=publication_id, at=now)
    if rehearsal is None:
        return None
    try:
        planned = services.bot.planned(rehearsal.contents, release=rehearsal.release)
    except Exception:
        log.exception("index_not_built", extra={"publication_id": publication_id})
        return Checked(report=None, failure="index_not_built")
    asked = _ask_both(services, publication_id, rehearsal.probes, bots=(services.bot.current(), planned))
    if asked is None:
        return None
    before, after = asked
    limit = services.settings.regression_limit
    return Checked(report=verdict(rehearsal.probes, before=before, after=after, limit=limit))


def _ask_both(
    services: Services, publication_id: str, probes: Sequence[Probe], *, bots: tuple[Bot, Bot]
) -> tuple[list[str], list[str]] | None:
    """Return where each question leads before and after; None when the publication was withdrawn meanwhile."""
    before: list[str] = []
    after: list[str] = []
    for some in _batches(probes):
        before.extend(led_to(bots[0], probe.text) for probe in some)
        after.extend(led_to(bots[1], probe.text) for probe in some)
        with write(services, actor=SYSTEM) as work:
            waited_for = editor.note_progress(
                work.session, publication_id=publication_id, done=len(after), total=len(probes)
            )
        if not waited_for:
            return None
    return before, after


def _batches(probes: Sequence[Probe]) -> Iterator[Sequence[Probe]]:
    for start in range(0, len(probes), AT_ONCE):
        yield probes[start : start + AT_ONCE]
