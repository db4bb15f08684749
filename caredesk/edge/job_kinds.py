"""Every job by name: what it prepares outside the transaction, and the one action it runs inside."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from caredesk.actions import (
    alerts,
    archiving,
    arrivals,
    assist_clocks,
    assist_ending,
    audit_desk,
    auditing,
    backups,
    bot,
    bot_evaluations,
    broadcast_sending,
    call_backs,
    call_rings,
    call_up_notices,
    call_up_sending,
    call_ups,
    call_wrap_up,
    cloud_calls,
    cloud_calls_out,
    cloud_recordings,
    erasing,
    file_keys,
    handoff,
    knowledge,
    knowledge_publishing,
    matching,
    number_marks,
    outlooks,
    parcel_asking,
    parcel_stuck,
    personal_keys,
    picture_scans,
    presence,
    promises,
    queue_watch,
    recordings,
    reply_weighing,
    request_news,
    retaining,
    review_keeping,
    routing,
    schedule_template,
    simulations,
    staffing_proposals,
    sweep,
    unanswered,
    waiting,
    webhooks,
)
from caredesk.chatbot.bot import Turn
from caredesk.core.work import Work
from caredesk.edge.audit_jobs import read_chain, sign_head
from caredesk.edge.backup_jobs import look_after, make_tonight
from caredesk.edge.call_up_jobs import send_broadcast, send_message
from caredesk.edge.cloud_jobs import dial, fetch_recording
from caredesk.edge.file_jobs import seal_step
from caredesk.edge.knowledge_jobs import check_publication
from caredesk.edge.news_jobs import tell_closed_page
from caredesk.edge.outlook_jobs import learn, minutes_ahead
from caredesk.edge.parcel_jobs import ask_carrier, manner_of
from caredesk.edge.recording_jobs import delete_expired
from caredesk.edge.retention_jobs import drop_files, file_certificate, wipe
from caredesk.edge.review_jobs import prepare_collection, prepare_evaluation, prepare_weighing
from caredesk.edge.scans import look_at_waiting
from caredesk.edge.services import Services
from caredesk.edge.simulation_jobs import prepare_simulation
from caredesk.edge.staffing_jobs import prepare_proposal
from caredesk.edge.transactions import read
from caredesk.edge.webhook_jobs import send_next

Payload = dict[str, Any]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class JobKind:
    """`prepare` may think or wait, without a transaction; `run` is the action that gets its result.

    Jobs of a kind that go `together` share a transaction when several are due: their `run` is short, locks no row that
    another action waits for, and there is no `prepare`.
    """

    run: Callable[[Work, Payload, Any], None]
    prepare: Callable[[Services, Payload], Any] | None = None
    together: bool = False


class NotYet(Exception):
    """What the job needs is still being made; it is tried again shortly and loses nothing."""


def _think(services: Services, payload: Payload) -> Turn | None:
    with read(services) as session:
        question = bot.find_question(session, entry_id=payload["entry_id"], choice=payload["choice"])
    if question is None:
        return None
    started = perf_counter()
    turn = _turn(services, payload, question=question)
    services.meters.thought(turn.outcome, seconds=perf_counter() - started)
    return turn


def _turn(services: Services, payload: Payload, *, question: bot.Question) -> Turn:
    if services.bot.is_loaded:
        turn = _thought(services, question=question)
        # Answers come in the order of the questions; only a red flag goes before everything.
        if turn.outcome != "emergency" and _is_owed_an_earlier_answer(services, payload):
            raise NotYet
        return turn
    # The index is loading, but a red flag or a wish for a person is not kept waiting for it.
    turn = bot.think(services.bot.without_index(), question=question)
    if turn.outcome not in ("emergency", "medical", "human"):
        raise NotYet
    return turn


def _thought(services: Services, *, question: bot.Question) -> Turn:
    """Ask the bot; when it fails, its guards alone: a red flag is still seen, and the way to a person is shown."""
    try:
        return bot.think(services.bot.current(), question=question)
    except Exception:
        log.exception("bot_failed")
        services.condition.doubt("bot", problem="failing")
        return bot.think(services.bot.without_index(), question=question)


def _is_owed_an_earlier_answer(services: Services, payload: Payload) -> bool:
    with read(services) as session:
        return unanswered.is_asked_before(session, entry_id=payload["entry_id"])


def _rebuild(services: Services, _payload: Payload) -> None:
    services.bot.refresh()


JOB_KINDS: dict[str, JobKind] = {
    "answer_message": JobKind(
        run=lambda work, payload, turn: bot.answer_message(
            work, entry_id=payload["entry_id"], choice=payload["choice"], turn=turn
        ),
        prepare=_think,
    ),
    "expire_offer": JobKind(run=lambda work, payload, _: routing.expire_offer(work, offer_id=payload["offer_id"])),
    "tell_places": JobKind(run=lambda work, payload, _: routing.tell_places(work, **payload)),
    "tell_queue": JobKind(run=lambda work, payload, _: routing.tell_long_queue(work, queue_id=payload["queue_id"])),
    "withdraw_offer": JobKind(
        run=lambda work, payload, _: routing.withdraw_offer(work, offer_id=payload["offer_id"], reason="agent_left")
    ),
    "follow_clinic": JobKind(run=lambda work, payload, _: promises.follow_clinic(work, queue_id=payload["queue_id"])),
    "match_queue": JobKind(
        run=lambda work, payload, _: matching.match_queue(
            work, queue_id=payload["queue_id"], trigger=payload["trigger"]
        )
    ),
    "look_at_work": JobKind(run=lambda work, payload, _: waiting.look_at_work(work, **payload)),
    "time_line": JobKind(run=lambda work, payload, _: waiting.time_line(work, **payload)),
    "take_up_promised": JobKind(run=lambda work, payload, _: waiting.take_up_promised(work, **payload)),
    "sweep_queues": JobKind(run=lambda work, _payload, _: sweep.sweep_queues(work)),
    "end_presence": JobKind(run=lambda work, payload, _: presence.end_if_gone(work, staff_id=payload["staff_id"])),
    "ring_agent": JobKind(run=lambda work, payload, _: call_rings.ring_agent(work, offer_id=payload["offer_id"])),
    "time_call": JobKind(run=lambda work, payload, _: call_rings.time_call(work, **payload)),
    "withdraw_call_back": JobKind(run=lambda work, payload, _: call_backs.withdraw_for_caller(work, **payload)),
    "end_wrap_up": JobKind(run=lambda work, payload, _: call_wrap_up.end_wrap_up(work, call_id=payload["call_id"])),
    "requeue_work": JobKind(run=lambda work, payload, _: handoff.requeue_work(work, staff_id=payload["staff_id"])),
    "warn_overdue": JobKind(
        run=lambda work, payload, _: promises.warn_overdue(work, conversation_id=payload["conversation_id"]),
        together=True,
    ),
    "climb_call_up": JobKind(run=lambda work, payload, _: call_ups.climb(work, **payload)),
    "say_on_page": JobKind(run=lambda work, payload, _: call_up_notices.say_on_page(work, **payload)),
    "send_leg": JobKind(
        run=lambda work, payload, handed: call_up_sending.keep_handed(work, leg_id=payload["leg_id"], handed=handed),
        prepare=send_message,
    ),
    "say_broadcast": JobKind(run=lambda work, payload, _: broadcast_sending.say_on_page(work, **payload)),
    "send_broadcast": JobKind(
        run=lambda work, payload, handed: broadcast_sending.keep_handed(work, leg_id=payload["leg_id"], handed=handed),
        prepare=send_broadcast,
    ),
    "look_ahead": JobKind(
        run=lambda work, _payload, minutes: outlooks.look_ahead(work, minutes=minutes), prepare=minutes_ahead
    ),
    "learn_outlook": JobKind(
        run=lambda work, _payload, learned: outlooks.keep_learned(work, learned=learned), prepare=learn
    ),
    "tell_doctor": JobKind(
        run=lambda work, payload, told: request_news.keep_told(work, **payload, told=told), prepare=tell_closed_page
    ),
    "note_arrival": JobKind(run=lambda work, payload, _: arrivals.note_arrival(work, **payload)),
    "watch_assist": JobKind(run=lambda work, payload, _: assist_clocks.watch(work, **payload)),
    "end_assist": JobKind(run=lambda work, payload, _: assist_ending.end_after_session(work, **payload)),
    "check_publication": JobKind(
        run=lambda work, payload, checked: knowledge_publishing.conclude(
            work, publication_id=payload["publication_id"], checked=checked
        ),
        prepare=check_publication,
    ),
    "begin_review": JobKind(run=lambda work, _payload, _: review_keeping.begin_nightly(work)),
    "collect_review": JobKind(
        run=lambda work, _payload, collection: review_keeping.keep_collection(work, collection=collection),
        prepare=prepare_collection,
    ),
    "weigh_replies": JobKind(
        run=lambda work, payload, weighed: reply_weighing.keep_weighed(
            work, conversation_id=payload["conversation_id"], weighed=weighed
        ),
        prepare=prepare_weighing,
    ),
    "evaluate_bot": JobKind(
        run=lambda work, payload, outcome: bot_evaluations.keep_outcome(
            work, evaluation_id=payload["evaluation_id"], outcome=outcome
        ),
        prepare=prepare_evaluation,
    ),
    "keep_schedule": JobKind(run=lambda work, _payload, _: schedule_template.keep_schedule(work)),
    "propose_roster": JobKind(
        run=lambda work, payload, plan: staffing_proposals.keep_plan(
            work, proposal_id=payload["proposal_id"], plan=plan
        ),
        prepare=prepare_proposal,
    ),
    "watch_queue": JobKind(run=lambda work, payload, _: queue_watch.watch_queue(work, queue_id=payload["queue_id"])),
    "escalate_alert": JobKind(
        run=lambda work, payload, _: alerts.escalate_alert(work, alert_id=payload["alert_id"], stage=payload["stage"])
    ),
    "send_webhook": JobKind(
        run=lambda work, payload, sent: webhooks.keep_sent(work, subject=payload["subject"], sent=sent),
        prepare=send_next,
    ),
    "follow_parcels": JobKind(
        run=lambda work, _payload, manner: parcel_asking.follow_parcels(work, manner=manner), prepare=manner_of
    ),
    "settle_parcel": JobKind(
        run=lambda work, payload, manner: parcel_stuck.settle_parcel(
            work, parcel_id=payload["parcel_id"], after=manner.stuck_after
        ),
        prepare=manner_of,
    ),
    "ask_parcel": JobKind(
        run=lambda work, payload, heard: parcel_asking.keep_heard(work, parcel_id=payload["parcel_id"], heard=heard),
        prepare=ask_carrier,
    ),
    "dial_by_cloud": JobKind(
        run=lambda work, payload, dialled: cloud_calls_out.keep_dialled(
            work, call_id=payload["call_id"], dialled=dialled
        ),
        prepare=dial,
    ),
    "end_unheard_call": JobKind(run=lambda work, payload, _: cloud_calls_out.end_unheard(work, **payload)),
    "fetch_cloud_recording": JobKind(
        run=lambda work, payload, fetched: cloud_recordings.keep_fetched(work, **payload, fetched=fetched),
        prepare=fetch_recording,
    ),
    "miss_cloud_recording": JobKind(
        run=lambda work, payload, fetches: cloud_recordings.miss(work, **payload, fetches=fetches),
        prepare=lambda services, _payload: services.vendor_recordings is not None,
    ),
    "settle_cloud_call": JobKind(run=lambda work, payload, _: cloud_calls.settle(work, **payload)),
    "anchor_audit": JobKind(
        run=lambda work, _payload, anchor: auditing.keep_anchor(work, anchor=anchor), prepare=sign_head
    ),
    "archive_timelines": JobKind(
        run=lambda work, _payload, months: archiving.archive_nightly(work, months=months),
        prepare=lambda services, _payload: services.settings.archive_months,
    ),
    "check_audit": JobKind(
        run=lambda work, payload, checked: audit_desk.keep_check(work, check_id=payload["check_id"], checked=checked),
        prepare=read_chain,
    ),
    "make_backup": JobKind(
        run=lambda work, _payload, tonight: backups.keep_backup(work, outcome=tonight.outcome, hour=tonight.hour),
        prepare=make_tonight,
    ),
    "watch_backups": JobKind(
        run=lambda work, _payload, asked: backups.watch_backups(work, drill_days=asked.drill_days, wanted=asked.wanted),
        prepare=look_after,
    ),
    "forget_cloud_pushes": JobKind(
        run=lambda work, _payload, days: cloud_calls.forget_pushes(work, days=days),
        prepare=lambda services, _payload: services.settings.cloud_push_days,
    ),
    "delete_recordings": JobKind(
        run=lambda work, _payload, deleted: recordings.note_deleted(work, recording_ids=deleted),
        prepare=delete_expired,
    ),
    "scan_pictures": JobKind(
        run=lambda work, _payload, looked: picture_scans.keep_looked(work, looked=looked), prepare=look_at_waiting
    ),
    "seal_files": JobKind(
        run=lambda work, _payload, following: file_keys.seal_on(work, following=following), prepare=seal_step
    ),
    "erase_family": JobKind(run=lambda work, payload, _: erasing.erase_on(work, erasure_id=payload["erasure_id"])),
    "certify_erasure": JobKind(
        run=lambda work, payload, sha256: erasing.note_certificate(
            work, erasure_id=payload["erasure_id"], sha256=sha256
        ),
        prepare=file_certificate,
    ),
    "drop_files": JobKind(run=lambda work, _payload, _: None, prepare=drop_files),
    "follow_retention": JobKind(run=lambda work, _payload, _: retaining.retain_nightly(work)),
    "wipe_leftovers": JobKind(run=lambda work, _payload, _: None, prepare=wipe),
    "seal_rows": JobKind(run=lambda work, payload, _: personal_keys.seal_rows(work, **payload)),
    "key_marks": JobKind(run=lambda work, payload, _: number_marks.key_marks(work, **payload)),
    "drop_old_keys": JobKind(run=lambda work, _payload, _: personal_keys.drop_old_keys(work)),
    "simulate": JobKind(
        run=lambda work, payload, played: simulations.keep_run(work, run_id=payload["run_id"], played=played),
        prepare=prepare_simulation,
    ),
    "turn_validity": JobKind(run=lambda work, _payload, _: knowledge.turn_validity(work)),
    "rebuild_index": JobKind(run=lambda work, payload, _: None, prepare=_rebuild),
}
