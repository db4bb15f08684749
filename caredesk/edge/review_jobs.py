"""The slow parts of the loop's jobs: grouping what went wrong, and asking the bot labelled questions."""

from __future__ import annotations

import logging
from typing import Any

from caredesk.actions.bot_evaluations import Outcome, Progress, find_exam
from caredesk.actions.reply_weighing import Weighed, weigh
from caredesk.actions.review_collecting import Collection, collect
from caredesk.core.work import SYSTEM
from caredesk.edge.services import Services
from caredesk.edge.transactions import read, write
from caredesk.knowledge_base.review_queries import note_evaluation_progress

log = logging.getLogger(__name__)


def prepare_collection(services: Services, _payload: dict[str, Any]) -> Collection:
    """Read and group what the bot did not answer well."""
    with read(services) as session:
        return collect(session, now=services.clock.now())


def prepare_weighing(services: Services, payload: dict[str, Any]) -> tuple[Weighed, ...]:
    """Ask the bot what a family asked its agents."""
    bot = services.bot.current()
    with read(services) as session:
        return weigh(session, bot, conversation_id=payload["conversation_id"])


def prepare_evaluation(services: Services, payload: dict[str, Any]) -> Outcome | None:
    """Ask the bot everything that an evaluation wants to know; whatever fails, whoever waits for it hears of it."""
    evaluation_id = payload["evaluation_id"]
    with read(services) as session:
        exam = find_exam(session, evaluation_id=evaluation_id)
    if exam is None:
        return None

    def told(progress: Progress) -> bool:
        done, total = progress
        with write(services, actor=SYSTEM) as work:
            return note_evaluation_progress(work.session, evaluation_id=evaluation_id, done=done, total=total)

    try:
        return services.bot.examine(exam, told=told)
    except Exception:
        log.exception("evaluation_failed", extra={"evaluation_id": evaluation_id})
        return Outcome({}, index_version="", fault="broke")
