"""Live answers from the knowledge graph: fees, the steps of a service, and the documents that it needs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.orm import Session

from caredesk.actions.live_parts import LiveAnswer, LiveQuestion
from caredesk.chatbot.live_words import Voice
from caredesk.core.clock import clinic_time
from caredesk.knowledge_base import graph_queries as graph
from caredesk.knowledge_base.graph_models import KbNode
from caredesk.knowledge_base.graph_rules import in_order

FEES_SHOWN = 12
STALE_AFTER = timedelta(days=365)
"""Prices that nobody has looked at for a year are not told as today's."""


def tell_fees(session: Session, question: LiveQuestion) -> LiveAnswer:
    """Say what services cost: those that were named, else all."""
    voice = question.voice
    services = _meant(graph.list_of_kind(session, kind="service"), question)
    priced = graph.targets_of(session, source_ids=[one.id for one in services], edge="costs", kind="fee")
    fresh = [(source_id, fee) for source_id, fee in priced if question.now - fee.updated_at <= STALE_AFTER]
    if not fresh:
        return _nothing(question, checked=[fee for _, fee in priced])
    names = {one.id: voice.name(one.name, one.name_en) for one in services}
    lines = [_fee(voice, fee, service=names[source_id]) for source_id, fee in fresh[:FEES_SHOWN]]
    rules = _policies(session, voice, service_ids=[source_id for source_id, _ in fresh])
    text = "\n".join([voice.say("fees_head"), *lines, *rules])
    return _from_graph(question, text, nodes=[fee for _, fee in fresh], whole=True)


def _policies(session: Session, voice: Voice, *, service_ids: Sequence[str]) -> list[str]:
    found = graph.targets_of(session, source_ids=service_ids, edge="governed_by", kind="policy")
    policies = {node.id: node for _, node in found}.values()
    return [voice.say("policy", words=voice.name(one.detail or one.name, one.name_en)) for one in policies]


def tell_steps(session: Session, question: LiveQuestion) -> LiveAnswer:
    """Say the steps of the service that the entry explains, in their order."""
    voice = question.voice
    services = [one for one in graph.nodes_of_entry(session, entry_id=question.entry_id) if one.kind == "service"]
    found = graph.sources_of(session, target_ids=[one.id for one in services], edge="part_of", kind="step")
    follows = {(edge.source_id, edge.target_id) for edge in graph.list_edges(session) if edge.kind == "next"}
    steps = in_order([step for _, step in found], follows=follows)
    lines = [
        voice.say("step", number=number, name=voice.name(step.name, step.name_en), detail=_detail(voice, step))
        for number, step in enumerate(steps, start=1)
    ]
    return _from_graph(question, "\n".join(lines), nodes=steps, whole=False) if steps else _nothing(question)


def tell_documents(session: Session, question: LiveQuestion) -> LiveAnswer:
    """Say which documents the service needs that the entry explains."""
    voice = question.voice
    services = [one for one in graph.nodes_of_entry(session, entry_id=question.entry_id) if one.kind == "service"]
    found = graph.targets_of(session, source_ids=[one.id for one in services], edge="needs", kind="document")
    papers = list({node.id: node for _, node in found}.values())
    lines = [
        voice.say("document", name=voice.name(one.name, one.name_en), detail=_detail(voice, one)) for one in papers
    ]
    return _from_graph(question, "\n".join(lines), nodes=papers, whole=False) if papers else _nothing(question)


def _meant(services: Sequence[KbNode], question: LiveQuestion) -> list[KbNode]:
    named = [one for one in services if one.name in question.words or (one.name_en or one.name) in question.words]
    return named or list(services)


def _fee(voice: Voice, fee: KbNode, *, service: str) -> str:
    detail = voice.say("fee_detail", detail=fee.name) if fee.name != service and voice.language == "zh" else ""
    if not fee.amount:
        return voice.say("fee_free", service=service) + detail
    amount = f"{fee.amount / 100:.2f}".removesuffix(".00")
    return voice.say("fee", service=service, amount=amount, unit=fee.unit) + detail


def _detail(voice: Voice, node: KbNode) -> str:
    return voice.say("detail", detail=node.detail) if node.detail and voice.language == "zh" else ""


def _nothing(question: LiveQuestion, *, checked: Sequence[KbNode] = ()) -> LiveAnswer:
    voice = question.voice
    source = voice.say("source_graph")
    if not checked:
        return LiveAnswer(voice.say("graph_none"), as_of=question.now, source=source, state="missing", whole=False)
    last = max(node.updated_at for node in checked)
    words = voice.say("fees_stale", day=voice.day(clinic_time(last).date()))
    return LiveAnswer(words, as_of=last, source=source, state="stale", whole=False)


def _from_graph(question: LiveQuestion, text: str, *, nodes: Sequence[KbNode], whole: bool) -> LiveAnswer:
    sources = dict.fromkeys(node.source for node in nodes if node.source)
    source = question.voice.join(sources) or question.voice.say("source_graph")
    # The answer is as old as what was looked at longest ago.
    as_of = min(node.updated_at for node in nodes)
    return LiveAnswer(text, as_of=as_of, source=source, whole=whole)
