"""The beat: every screen hears the time and the heads of what it watches, so that a lost last event is noticed.

It goes round: some screens, a pause, the next. What a thousand screens cost in one go keeps everybody else waiting.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import socketio

from caredesk.edge import watching
from caredesk.edge.condition import DATABASE
from caredesk.edge.services import Services
from caredesk.edge.store_faults import StoreUnavailable

SCREENS_AT_ONCE = 40
LONGEST_PAUSE_SECONDS, ROUND_SECONDS = 0.4, 10.0
"""From some screens to the next, and of a whole round where there are many: the next one is due five seconds later."""

Seats = Mapping[str, watching.Seat]


async def tell_heads(server: socketio.AsyncServer, *, services: Services, seats: Seats) -> None:
    """Tell every screen, some at a time, and note whose page is open; `seats` may change meanwhile.

    Who has left is told nothing. Without the database the beat goes on: it says that somebody is here, and what the
    screens can still do.
    """
    sids = list(seats)
    groups = [sids[at : at + SCREENS_AT_ONCE] for at in range(0, len(sids), SCREENS_AT_ONCE)]
    pause = min(LONGEST_PAUSE_SECONDS, ROUND_SECONDS / max(len(groups), 1))
    known: _Heads | None = _Heads()
    for number, group in enumerate(groups):
        await asyncio.sleep(pause if number else 0)
        here = {sid: seats[sid] for sid in group if sid in seats}
        # A database that could not be reached is not waited for again by the others of this round.
        known = await _known_of(services, seats=here) if known is not None else None
        await _tell(server, services=services, seats=here, known=known or _Heads())
        if known is not None and not await _note_present(services, seats=here):
            known = None


@dataclass(frozen=True)
class _Heads:
    """Heads by conversation and kind of screen, and the open conversations of visitors with theirs."""

    watched: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    begun: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


async def _known_of(services: Services, *, seats: Seats) -> _Heads | None:
    """Return what is to be told to some screens; None without the database."""
    watched = sorted({seat.watching for seat in seats.values() if seat.watching})
    try:
        heads = await asyncio.to_thread(watching.heads_of, services, conversation_ids=watched)
        begun = await asyncio.to_thread(watching.open_heads_of, services, visitor_ids=_visitors_at(seats))
    except StoreUnavailable:
        return None
    return _Heads(heads, begun)


async def _note_present(services: Services, *, seats: Seats) -> bool:
    """Note which families have their page open; False without the database."""
    try:
        await asyncio.to_thread(watching.note_present, services, visitor_ids=_visitors_at(seats))
    except StoreUnavailable:
        return False
    return True


def _visitors_at(seats: Seats) -> list[str]:
    return sorted({seat.id for seat in seats.values() if seat.kind == "visitor"})


async def _tell(server: socketio.AsyncServer, *, services: Services, seats: Seats, known: _Heads) -> None:
    at, condition = services.clock.now().isoformat(), services.condition
    stalled = bool(condition.problem_of(DATABASE))
    for sid, seat in seats.items():
        heads = known.watched.get(seat.watching or "")
        mine = {seat.watching: heads[seat.kind]} if heads and seat.watching else {}
        if seat.kind == "visitor":
            # The desk may begin a conversation, too: a doctor waits, or runs late.
            mine |= known.begun.get(seat.id, {})
        beat = {"at": at, "heads": mine, "stalled": stalled, "notice": condition.notice}
        await server.emit("beat", beat, to=sid)
