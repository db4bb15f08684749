"""What people judged to be the right answer, as far as the regression set needs it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from caredesk.knowledge_base.regression import Judged
from caredesk.knowledge_base.review_models import JudgedQuestion

MOST_JUDGED = 2000
NO_ENTRY = "none"


def list_judged(session: Session) -> Sequence[Judged]:
    """Return the judged questions, the newest judgement of each, last judged first."""
    query = (
        select(JudgedQuestion.query, JudgedQuestion.expected)
        .order_by(JudgedQuestion.judged_at.desc(), JudgedQuestion.id)
        .limit(MOST_JUDGED)
    )
    return [
        Judged(text=text, entry_id=None if expected == NO_ENTRY else expected)
        for text, expected in session.execute(query)
    ]
