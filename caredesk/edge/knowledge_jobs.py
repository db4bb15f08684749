"""The check before a publication: asks the served index and the next one, beside the desk, with progress in rows."""

from __future__ import annotations

import logging
from typing import Any

from caredesk.actions.knowledge_publishing import Checked, find_rehearsal
from caredesk.core.work import SYSTEM
from caredesk.edge.services import IndexNotBuilt, Services
from caredesk.edge.transactions import read, write
from caredesk.knowledge_base import editor_queries as editor
from caredesk.knowledge_base.regression import verdict

log = logging.getLogger(__name__)


def check_publication(services: Services, payload: dict[str, Any]) -> Checked | None:
    """Ask the old index and the new one; whatever fails, the old one keeps serving and the editor hears of it."""
    publication_id = payload["publication_id"]
    now = services.clock.now()
    with read(services) as session:
        rehearsal = find_rehearsal(session, publication_id=publication_id, at=now)
    if rehearsal is None:
        return None
    texts = [probe.text for probe in rehearsal.probes]
    try:
        led = services.bot.rehearse(
            rehearsal.contents,
            release=rehearsal.release,
            texts=texts,
            told=lambda done: _is_waited_for(services, publication_id, done=done, total=len(texts)),
        )
    except IndexNotBuilt:
        log.exception("index_not_built", extra={"publication_id": publication_id})
        return Checked(report=None, failure="index_not_built")
    if led is None:
        return None
    limit = services.settings.regression_limit
    return Checked(report=verdict(rehearsal.probes, before=led.before, after=led.after, limit=limit))


def _is_waited_for(services: Services, publication_id: str, *, done: int, total: int) -> bool:
    """Note the progress, and tell whether the publication was not withdrawn meanwhile."""
    with write(services, actor=SYSTEM) as work:
        return editor.note_progress(work.session, publication_id=publication_id, done=done, total=total)
