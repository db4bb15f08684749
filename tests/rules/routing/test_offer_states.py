"""Every event in every state of an offer, written out."""

from __future__ import annotations

from itertools import product

import pytest
from sqlalchemy import CheckConstraint

from caredesk.core.db import Base
from caredesk.queue.errors import OfferGone
from caredesk.queue.offer_states import FIRST, OfferEvent, OfferState, after, outcome_of, states_before

REFUSED = None
TABLE: dict[str, dict[str, str | None]] = {
    "pending": {"accept": "accepted", "decline": "declined", "time_out": "timed_out", "withdraw": "withdrawn"},
    "accepted": {"accept": REFUSED, "decline": REFUSED, "time_out": REFUSED, "withdraw": REFUSED},
    "declined": {"accept": REFUSED, "decline": REFUSED, "time_out": REFUSED, "withdraw": REFUSED},
    "timed_out": {"accept": REFUSED, "decline": REFUSED, "time_out": REFUSED, "withdraw": REFUSED},
    "withdrawn": {"accept": REFUSED, "decline": REFUSED, "time_out": REFUSED, "withdraw": REFUSED},
}


@pytest.mark.parametrize(("state", "event"), list(product(OfferState, OfferEvent)))
def test_what_follows_is_what_the_table_says(state: OfferState, event: OfferEvent) -> None:
    wanted = TABLE[state][event]
    if wanted is REFUSED:
        with pytest.raises(OfferGone):
            after(state, event)
    else:
        assert after(state, event) == wanted


def test_each_event_has_one_outcome_and_ends_the_offer() -> None:
    for event in OfferEvent:
        (state,) = states_before(event)
        assert after(state, event) == outcome_of(event) != FIRST


def test_the_database_knows_the_same_states() -> None:
    checks = [one for one in Base.metadata.tables["offer"].constraints if isinstance(one, CheckConstraint)]
    (known,) = [str(one.sqltext) for one in checks if str(one.name).endswith("_state")]
    assert {state.value for state in OfferState} == {word.strip(" '()") for word in known.split(" in ")[1].split(",")}
