"""Who may receive an event. There is deliberately no audience that means everyone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Audience:
    """One room of live screens; joining it is checked like any other permission."""

    room: str


def patient_of(conversation_id: str) -> Audience:
    """The visitor whose conversation it is."""
    return Audience(f"patient:{conversation_id}")


def session_of(staff_id: str) -> Audience:
    """Nobody: what the desk tells itself about a member of staff. No screen joins it."""
    return Audience(f"session:{staff_id}")


def watchers_of(conversation_id: str) -> Audience:
    """Staff who have this conversation open."""
    return Audience(f"conversation:{conversation_id}")


def queue(queue_id: str) -> Audience:
    """Staff skilled for the queue."""
    return Audience(f"queue:{queue_id}")


def agent(staff_id: str) -> Audience:
    """One member of staff, on all their screens."""
    return Audience(f"agent:{staff_id}")


def doctor(staff_id: str) -> Audience:
    """One doctor, on all their screens."""
    return Audience(f"doctor:{staff_id}")


def desk() -> Audience:
    """Everyone who works at the desk: how colleagues and queues stand is shown to all of them."""
    return Audience("desk")


def clinicians() -> Audience:
    """Everyone who sees patients: what is said to all of them, of no family and no request."""
    return Audience("clinicians")


def floor() -> Audience:
    """Supervisors of the whole house, who hear of every talk."""
    return Audience("floor")


def floor_of(queue_id: str) -> Audience:
    """Supervisors who reach this queue and not the whole house."""
    return Audience(f"floor:{queue_id}")


def floors_of(*queue_ids: str | None) -> tuple[Audience, ...]:
    """Supervisors of the whole house, and those who reach one of these queues."""
    return (floor(), *dict.fromkeys(floor_of(one) for one in queue_ids if one))


def supervisors() -> Audience:
    """All supervisors, whatever they reach: for what is said of no family."""
    return Audience("supervisors")
