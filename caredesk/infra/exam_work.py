"""Exams of the bot, for `aside.py`; apart from `bot_work.py`, because judging an exam needs what the desk knows."""

from __future__ import annotations

from pathlib import Path

from caredesk.actions.bot_evaluations import Exam, Outcome, run_exam
from caredesk.chatbot.bot import Bot
from caredesk.chatbot.entries import Entries
from caredesk.infra.aside import Tell
from caredesk.infra.index_folder import learned_index


def examine(entries: Entries, version: str, exam: Exam, folder: Path, precision: float, *, tell: Tell) -> Outcome:
    """Return how a base does in an exam; tell how many questions were asked, and of how many."""
    index = learned_index(entries, version=version, folder=folder)
    bot = Bot(index, index.thresholds(precision=precision))
    return run_exam(bot, exam, precision=precision, tell=lambda done, total: tell((done, total)))
