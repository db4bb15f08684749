"""Pure decisions of calling a family: which attempt comes next, whom a number belongs to, what a quiet hour means.

One attempt of a call-up is under way at a time. Everybody of the family is told on a rung before the next is climbed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import phonenumbers

from caredesk.assistance.call_up_schemas import Channel, Ladder, LegState, QuietHours, Step
from caredesk.core.clock import clinic_time, from_clinic

Fault = Literal["", "no_phone", "bad_phone"]
LONG_AGO = datetime.min.replace(tzinfo=UTC)
UNDER_WAY: tuple[LegState, ...] = ("planned", "sending")
REACHED: tuple[LegState, ...] = ("sent", "delivered", "answered")
BY_NUMBER: tuple[Channel, ...] = ("sms", "telephone")
ALLOWED_UNASKED: tuple[Channel, ...] = ("in_app", "telephone")
RELATIONS = (
    "mother",
    "father",
    "maternal_grandmother",
    "paternal_grandmother",
    "maternal_grandfather",
    "paternal_grandfather",
    "guardian",
)
"""Who is told first."""

MOST_TRIES = 6
"""How often one message is given to a provider before a person must look."""
FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(minutes=2)
ONLINE_WITHIN = timedelta(seconds=90)
COMING_WITHIN = timedelta(minutes=5)
TROUBLE_WITHIN = timedelta(minutes=10)
PROMISE_GRACE = timedelta(minutes=2)
LONGEST_PROMISE = timedelta(hours=24)
MESSAGE_FACTS = 20
"""Characters of a value that providers accept in a template."""


# ---- numbers ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Number:
    """A telephone number in the one form that is compared and dialled (E.164), or what is wrong with it."""

    e164: str = ""
    fault: Fault = "no_phone"
    is_mobile: bool = False

    @property
    def is_mainland(self) -> bool:
        """Tell whether it is a number of the mainland."""
        return self.e164.startswith("+86")


def read_number(phone: str) -> Number:
    """Read a number as people write it; what is no number of anybody is told apart from none."""
    if not phone.strip():
        return Number()
    try:
        parsed = phonenumbers.parse(phone, "CN")
    except phonenumbers.NumberParseException:
        return Number(fault="bad_phone")
    # An extension cannot be dialled by a machine, and no message arrives there.
    if not phonenumbers.is_valid_number(parsed):
        return Number(fault="bad_phone")
    kinds = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
    mobile = phonenumbers.number_type(parsed) in kinds
    return Number(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164), "", mobile)


# ---- whom ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody who acts for the child, as far as calling them needs it."""

    guardian_id: str
    number: Number = Number()
    is_wrong: bool = False
    has_chat: bool = False
    wechat_id: str = ""


@dataclass(frozen=True, slots=True)
class PastLeg:
    """An attempt that was made, or is under way."""

    step: int
    channel: Channel
    guardian_id: str
    attempt: int
    state: LegState
    number: str
    at: datetime
    outcome: str = ""
    reason: str = ""


Consent = Mapping[tuple[str, Channel], bool]


def told_first(relations: Mapping[str, str]) -> list[str]:
    """Return guardians in the order in which they are told: the mother first, then by how near they are."""
    last = len(RELATIONS)
    rank = {relation: place for place, relation in enumerate(RELATIONS)}
    return sorted(relations, key=lambda guardian_id: (rank.get(relations[guardian_id], last), guardian_id))


def is_allowed(consent: Consent, *, guardian_id: str, channel: Channel) -> bool:
    """Tell whether a guardian may be reached by a channel; telephone and the own page need no asking."""
    return consent.get((guardian_id, channel), channel in ALLOWED_UNASKED)


# ---- which leg comes next --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Leg:
    """The attempt to be made now; with a reason in `skip` it is only written down."""

    step: int
    channel: Channel
    text: str
    guardian_id: str
    attempt: int
    number: str = ""
    skip: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing is to be done until an instant; none while an attempt is under way."""

    until: datetime | None


@dataclass(frozen=True, slots=True)
class Exhausted:
    """Everything was tried."""


@dataclass(frozen=True, slots=True)
class _Round:
    """One rung's one go: everybody is told once."""

    step: int
    attempt: int
    rung: Step


def next_leg(
    ladder: Ladder,
    *,
    legs: Sequence[PastLeg],
    contacts: Sequence[Contact],
    consent: Consent,
    now: datetime,
    in_session: bool = False,
) -> Leg | Wait | Exhausted:
    """Return what is to be done next for a family; `in_session` lifts the quiet hours for a session's own patients."""
    if any(leg.state in UNDER_WAY for leg in legs):
        return Wait(None)
    done = {(leg.step, leg.attempt, leg.guardian_id) for leg in legs}
    for turn in _rounds(ladder):
        left = [one for one in contacts if (turn.step, turn.attempt, one.guardian_id) not in done]
        if not left:
            continue
        free_at = _free_at(ladder, legs=legs, before=turn)
        if now < free_at:
            return Wait(free_at)
        return _take(turn, left[0], legs=legs, consent=consent, now=now, in_session=in_session)
    free_at = _free_at(ladder, legs=legs, before=None)
    return Wait(free_at) if now < free_at else Exhausted()


def _rounds(ladder: Ladder) -> Iterator[_Round]:
    for number, rung in enumerate(ladder.steps):
        for attempt in range(1, rung.attempts + 1):
            yield _Round(number, attempt, rung)


def _free_at(ladder: Ladder, *, legs: Sequence[PastLeg], before: _Round | None) -> datetime:
    """Return when the pause after what went out in earlier rounds is over; what reached nobody causes none."""
    earlier = [leg for leg in legs if before is None or (leg.step, leg.attempt) < (before.step, before.attempt)]
    pauses = [
        leg.at + timedelta(seconds=ladder.steps[leg.step].wait if leg.step < len(ladder.steps) else 0)
        for leg in earlier
        if leg.state in REACHED or leg.outcome == "no_answer"
    ]
    return max(pauses, default=LONG_AGO)


def _take(
    turn: _Round,
    contact: Contact,
    *,
    legs: Sequence[PastLeg],
    consent: Consent,
    now: datetime,
    in_session: bool,
) -> Leg | Wait:
    rung = turn.rung
    quiet_until = None if in_session else quiet_end(rung.quiet, now=now)
    if quiet_until is not None and rung.quiet is not None and rung.quiet.then == "wait":
        return Wait(quiet_until)
    skip = "quiet_hours" if quiet_until is not None else _hindrance(turn, contact, legs=legs, consent=consent)
    number = contact.number.e164 if rung.channel in BY_NUMBER else ""
    return Leg(turn.step, rung.channel, rung.text, contact.guardian_id, turn.attempt, number=number, skip=skip)


def _hindrance(turn: _Round, contact: Contact, *, legs: Sequence[PastLeg], consent: Consent) -> str:
    """Return why somebody cannot be told on a rung, or nothing."""
    channel = turn.rung.channel
    hindered = hindrance(channel, contact, consent=consent)
    if hindered or channel not in BY_NUMBER:
        return hindered
    return "same_number" if _is_used(contact.number.e164, turn=turn, legs=legs) else ""


def hindrance(channel: Channel, contact: Contact, *, consent: Consent) -> str:
    """Return why somebody cannot be reached by a channel at all, or nothing."""
    if not is_allowed(consent, guardian_id=contact.guardian_id, channel=channel):
        return "no_consent"
    if channel == "in_app":
        return "" if contact.has_chat else "no_page"
    if channel == "wechat":
        return "" if contact.wechat_id else "no_wechat"
    if contact.number.fault or contact.is_wrong:
        return contact.number.fault or "wrong_number"
    is_textable = contact.number.is_mobile and contact.number.is_mainland
    return "not_mobile" if channel == "sms" and not is_textable else ""


def _is_used(number: str, *, turn: _Round, legs: Sequence[PastLeg]) -> bool:
    """Tell whether a number had its turn in this round: two guardians may have given the same one."""
    here = [leg for leg in legs if (leg.step, leg.attempt) == (turn.step, turn.attempt)]
    return any(leg.number == number and leg.state != "skipped" for leg in here)


def quiet_end(quiet: QuietHours | None, *, now: datetime) -> datetime | None:
    """Return when the quiet hours that an instant lies in end; none when it lies in none."""
    if quiet is None:
        return None
    local = clinic_time(now)
    clock = local.time()
    crosses = quiet.begins > quiet.ends
    inside = clock >= quiet.begins or clock < quiet.ends if crosses else quiet.begins <= clock < quiet.ends
    if not inside:
        return None
    ends_tomorrow = crosses and clock >= quiet.begins
    day = local.date() + timedelta(days=1 if ends_tomorrow else 0)
    return from_clinic(datetime.combine(day, quiet.ends, tzinfo=local.tzinfo))


# ---- what follows from an answer -------------------------------------------------------------------------


def pause_after(tries: int) -> timedelta:
    """Return the pause after so many tries that failed: doubled each time, up to two minutes."""
    return min(FIRST_PAUSE * (1 << (tries - 1)), LONGEST_PAUSE)


def held_until(outcome: str, *, promised_at: datetime | None, now: datetime) -> datetime | None:
    """Return until when a family that answered is left in peace; none when the ladder goes on at once."""
    if outcome == "coming":
        return now + COMING_WITHIN
    if outcome == "device_trouble":
        return now + TROUBLE_WITHIN
    if outcome == "promised" and promised_at is not None:
        return promised_at + PROMISE_GRACE
    return None


def is_promise(promised_at: datetime | None, *, now: datetime) -> bool:
    """Tell whether a promised time lies ahead and within a day."""
    return promised_at is not None and now - timedelta(minutes=1) <= promised_at <= now + LONGEST_PROMISE


def counts_as_arrival(*, was_online: bool, acted: bool) -> bool:
    """Tell whether a page that is seen shows that somebody came.

    A page that stood open before they were called shows nothing by standing open; reading or writing on it does.
    """
    return acted or not was_online


# ---- figures ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RunOfCalls:
    """How one call-up went: the channels that reached somebody, the last of them, and how long until they came."""

    reached: tuple[Channel, ...]
    last: Channel | None
    arrived_after: timedelta | None


@dataclass(frozen=True, slots=True)
class ChannelFigures:
    """Of a channel: call-ups in which it reached somebody, and those that it was the last to reach before they came."""

    tried: int
    succeeded: int


def channel_figures(runs: Sequence[RunOfCalls]) -> dict[Channel, ChannelFigures]:
    """Return the success of each channel. One call-up has one success at most: that of the last attempt before it."""
    channels: tuple[Channel, ...] = ("in_app", "wechat", "sms", "telephone")
    return {
        channel: ChannelFigures(
            tried=sum(channel in run.reached for run in runs),
            succeeded=sum(run.last == channel and run.arrived_after is not None for run in runs),
        )
        for channel in channels
    }


def median_to_online(runs: Sequence[RunOfCalls]) -> timedelta | None:
    """Return the median time from the call to the arrival, of the call-ups that ended with one."""
    took = sorted(run.arrived_after for run in runs if run.arrived_after is not None)
    if not took:
        return None
    middle = len(took) // 2
    return took[middle] if len(took) % 2 else (took[middle - 1] + took[middle]) / 2
