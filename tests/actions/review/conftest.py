"""A queue, an entry about refunds and a bot that knows nothing else, for every test of the review list."""

from __future__ import annotations

import pytest

from caredesk.actions.knowledge import publish_all
from caredesk.actions.knowledge_editing import create_entry
from tests.fixtures.desk import DeskForTests
from tests.fixtures.reviewing import REFUND, KnowsRefunds


@pytest.fixture(autouse=True)
def _base(desk: DeskForTests) -> None:
    """A queue, a published entry about refunds, and a bot that knows it."""
    desk.add_queue()
    with desk.write() as work:
        create_entry(work, REFUND)
        work.session.flush()
        publish_all(work)
    desk.bot.bot = KnowsRefunds()  # type: ignore[assignment]
