"""An agent's own state and connections. What follows for queues is asked for as jobs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from caredesk.accounts import node_queries, presence_queries
from caredesk.accounts.models import Presence
from caredesk.accounts.rules import PresenceState
from caredesk.actions.match_asking import ask_for_matches_of
from caredesk.actions.summaries import agent_view, agent_views
from caredesk.conversations import house_queries
from caredesk.core.work import Work
from caredesk.events.catalogue import PresenceChanged, ViewersChanged
from caredesk.events.shapes import AgentView, Viewer
from caredesk.queue import queries as queue_queries
from caredesk.queue.errors import StateNotChosen

ABANDONED_AFTER = timedelta(seconds=120)
"""Work of an agent who stays offline this long goes back to the queue at its original place."""

DEFAULT_CAPACITY = 5


def ensure(work: Work, *, staff_id: str) -> None:
    """Give somebody who works at the console a presence, offline at first."""
    presence_queries.ensure_presence(work.session, staff_id=staff_id, capacity=DEFAULT_CAPACITY, now=work.now)


def set_presence(work: Work, *, staff_id: str, state: PresenceState, reason: str) -> AgentView:
    """Change one's own state; a break needs one of the hospital's reasons."""
    is_break = state is PresenceState.BREAK
    if is_break and house_queries.find_option(work.session, kind="break_reason", key=reason) is None:
        raise StateNotChosen
    ensure(work, staff_id=staff_id)
    presence = presence_queries.lock_presence(work.session, staff_id=staff_id)
    _move(work, presence=presence, state=state, reason=reason if state is PresenceState.BREAK else "")
    return tell(work, staff_id=staff_id)


def set_by_supervisor(work: Work, *, staff_id: str, state: PresenceState) -> AgentView:
    """Change somebody's state for them; who did it and why is told by the floor."""
    presence = presence_queries.lock_presence(work.session, staff_id=staff_id)
    _move(work, presence=presence, state=state, reason="by_supervisor" if state is PresenceState.BREAK else "")
    return tell(work, staff_id=staff_id, why="by_supervisor")


def leave(work: Work, *, staff_id: str) -> None:
    """Go offline at sign-out, unless another browser of the agent is still at work."""
    ensure(work, staff_id=staff_id)
    if presence_queries.count_connections(work.session, staff_id=staff_id) <= 1:
        presence = presence_queries.lock_presence(work.session, staff_id=staff_id)
        _move(work, presence=presence, state=PresenceState.OFFLINE, reason="")
        tell(work, staff_id=staff_id)


def set_to_break(work: Work, *, staff_id: str) -> None:
    """Set an agent who missed several offers to break, with the reason shown (B7)."""
    presence = presence_queries.lock_presence(work.session, staff_id=staff_id)
    _move(work, presence=presence, state=PresenceState.BREAK, reason="missed_offers")
    tell(work, staff_id=staff_id, why="missed_offers")


def phone_lost(work: Work, *, staff_id: str) -> None:
    """Make an agent who cannot be rung any more not ready at once, so that nobody is put through to silence (B52)."""
    ensure(work, staff_id=staff_id)
    presence = presence_queries.lock_presence(work.session, staff_id=staff_id)
    if presence.state == PresenceState.READY:
        _move(work, presence=presence, state=PresenceState.BUSY, reason="")
        tell(work, staff_id=staff_id, why="phone_lost")


def _move(work: Work, *, presence: Presence, state: PresenceState, reason: str) -> None:
    if presence.state == state and presence.reason == reason:
        return
    presence_queries.add_span(work.session, presence=presence, now=work.now)
    presence.state, presence.reason, presence.since = state, reason, work.now
    presence.misses = 0
    if state is PresenceState.READY:
        presence.idle_since = work.now
    else:
        _return_offers(work, staff_id=presence.staff_id)
    if state is PresenceState.OFFLINE:
        due = work.now + ABANDONED_AFTER
        work.enqueue("requeue_work", {"staff_id": presence.staff_id}, due_at=due, key=f"requeue:{presence.staff_id}")
    work.session.flush()
    ask_for_matches_of(work, staff_id=presence.staff_id, trigger=f"agent_{state}")


def _return_offers(work: Work, *, staff_id: str) -> None:
    """Have open offers of somebody who is no longer ready expire at once."""
    for offer in queue_queries.list_pending_offers(work.session, staff_id=staff_id):
        work.enqueue("withdraw_offer", {"offer_id": offer.id}, key=f"withdraw:{offer.id}")


def forget_misses(work: Work, *, staff_id: str) -> None:
    """An accepted offer ends the row of missed ones."""
    presence_queries.lock_presence(work.session, staff_id=staff_id).misses = 0
    work.session.flush()


def tell(work: Work, *, staff_id: str, why: str = "") -> AgentView:
    """Tell the agent, the floor and the queues how the agent stands."""
    work.session.flush()
    view = agent_view(work.session, staff_id=staff_id)
    work.emit(PresenceChanged(agent=view, why=why))
    return view


def tell_all(work: Work, *, staff_ids: Collection[str]) -> None:
    """Tell how several agents stand, at the price of one."""
    if not staff_ids:
        return
    work.session.flush()
    for view in agent_views(work.session, staff_ids=sorted(staff_ids)):
        work.emit(PresenceChanged(agent=view, why=""))


# ---- connections -----------------------------------------------------------------------------------------


def connect(work: Work, *, sid: str, node: str, staff_id: str) -> None:
    """Note that a screen of the agent is live; whoever was ready is eligible again at once."""
    presence_queries.ensure_presence(work.session, staff_id=staff_id, capacity=DEFAULT_CAPACITY, now=work.now)
    presence_queries.add_connection(work.session, sid=sid, node=node, staff_id=staff_id, now=work.now)
    tell(work, staff_id=staff_id)
    ask_for_matches_of(work, staff_id=staff_id, trigger="agent_connected")


def open_page(work: Work, *, sid: str, node: str, staff_id: str) -> None:
    """Note that a page is live of somebody who takes no work: a doctor is told there and nowhere else."""
    presence_queries.add_connection(work.session, sid=sid, node=node, staff_id=staff_id, now=work.now)


def disconnect(work: Work, *, sid: str, grace_seconds: int) -> None:
    """Note that a screen is gone; when it was the last, the agent goes offline after a grace period (B29)."""
    connection = presence_queries.drop_connection(work.session, sid=sid)
    # Who takes no work has no presence that could end.
    if connection is None or not presence_queries.has_presence(work.session, staff_id=connection.staff_id):
        return
    if connection.viewing:
        tell_viewers(work, conversation_id=connection.viewing)
    if not presence_queries.is_connected(work.session, staff_id=connection.staff_id):
        expect_back(work, staff_id=connection.staff_id, grace_seconds=grace_seconds)
        tell(work, staff_id=connection.staff_id)
        # Nobody can be offered anything more by this, but the queues tell how many are left.
        ask_for_matches_of(work, staff_id=connection.staff_id, trigger="agent_disconnected")


def expect_back(work: Work, *, staff_id: str, grace_seconds: int) -> None:
    """Look again after the grace period whether the agent is back."""
    due = work.now + timedelta(seconds=grace_seconds)
    work.enqueue("end_presence", {"staff_id": staff_id}, due_at=due, key=f"presence:{staff_id}")


def end_if_gone(work: Work, *, staff_id: str) -> None:
    """Set an agent without any connection offline."""
    if presence_queries.is_connected(work.session, staff_id=staff_id):
        return
    presence = presence_queries.lock_presence(work.session, staff_id=staff_id)
    _move(work, presence=presence, state=PresenceState.OFFLINE, reason="")
    tell(work, staff_id=staff_id, why="connection_lost")


def begin_node(work: Work, *, node: str, grace_seconds: int) -> None:
    """Begin as a server process: what an earlier one of the same name left behind is gone."""
    node_queries.register(work.session, node=node)
    _forget_nodes(work, nodes=[node], grace_seconds=grace_seconds)


def keep_node_alive(work: Work, *, node: str) -> bool:
    """Note the heartbeat of a server process; False when it had been taken for dead and its screens forgotten."""
    return node_queries.beat(work.session, node=node)


def forget_dead_nodes(work: Work) -> list[str]:
    """Clear away what server processes left behind that have died and not come back; return their names (B29)."""
    dead = node_queries.take_away_dead(work.session)
    if dead:
        # They have been silent for far longer than anybody's grace.
        _forget_nodes(work, nodes=dead, grace_seconds=0)
    return dead


def _forget_nodes(work: Work, *, nodes: Sequence[str], grace_seconds: int) -> None:
    """Drop connections that processes left behind when they ended, and wait for their agents to come back."""
    for node in nodes:
        presence_queries.drop_connections_of_node(work.session, node=node)
    for staff_id in presence_queries.list_ready_staff(work.session):
        if not presence_queries.is_connected(work.session, staff_id=staff_id):
            expect_back(work, staff_id=staff_id, grace_seconds=grace_seconds)


def view(work: Work, *, sid: str, conversation_id: str | None) -> None:
    """Note which conversation a screen shows and tell those concerned (B33)."""
    before = presence_queries.set_viewing(work.session, sid=sid, conversation_id=conversation_id)
    for changed_id in {before, conversation_id} - {None}:
        tell_viewers(work, conversation_id=str(changed_id))


def tell_viewers(work: Work, *, conversation_id: str) -> None:
    """Tell everyone who looks at a conversation who else does."""
    found = presence_queries.list_viewers(work.session, conversation_id=conversation_id)
    viewers = [Viewer(staff_id=staff_id, name=name) for staff_id, name in found]
    work.emit(ViewersChanged(conversation_id=conversation_id, viewers=viewers))
