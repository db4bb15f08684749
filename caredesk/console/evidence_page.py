"""The pages of a bundle that people read: what is inside and how to check it, and the record itself. No scripts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

import yaml
from markupsafe import Markup

from caredesk.actions.evidence import Evidence
from caredesk.console.record_page import Language, page_environment, page_policy, page_style, record_page
from caredesk.edge.evidence_export import Proven


@dataclass(frozen=True)
class AuditRow:
    """One entry of the audit as the page shows it; `name` is empty when no member of staff did it."""

    number: int
    at: datetime
    actor_kind: str
    name: str
    deed: str
    why: str
    signed_at: datetime | None


def evidence_pages(evidence: Evidence, proven: Proven) -> Sequence[tuple[str, str]]:
    """Return the bundle's pages by name, in Mandarin."""
    return [
        ("index.html", evidence_page(evidence, proven, language="zh")),
        ("record.html", record_page(evidence.record, language="zh")),
    ]


def evidence_page(evidence: Evidence, proven: Proven, *, language: Language) -> str:
    """Return the page that a bundle opens with: what it is, how it is checked, who did and who saw what."""

    def word(group: str, code: str, **values: object) -> str:
        found: dict[str, str] | None = _words()[group].get(code)
        return found[language].format(**values) if found else code

    return (
        page_environment()
        .get_template("evidence.html")
        .render(
            record=evidence.record,
            context=evidence.context,
            language=language,
            policy=page_policy(),
            style=Markup(page_style()),  # noqa: S704 (our own file)
            promises=list(_promises(evidence)),
            audit=list(_audit(proven)),
            word=word,
        )
    )


def _promises(evidence: Evidence) -> Iterator[tuple[str, datetime]]:
    request, owed = evidence.context.request, evidence.context.call_back
    promised = {"promised_at": evidence.record.conversation.promised_at}
    if request is not None:
        for name in ("accept_due_at", "attempt_due_at", "report_due_at", "arrived_at"):
            promised[name] = getattr(request, name)
        promised["request_promised_at"] = request.promised_at
    if owed is not None:
        promised["call_back"] = owed.asked_at
    for name, at in promised.items():
        if at is not None:
            yield name, at


def _audit(proven: Proven) -> Iterator[AuditRow]:
    for entry in proven.entries:
        # The first signature over an entry, not the tree's own: that one may have been made later.
        signed = next((one.at for one in proven.anchors if one.number >= entry.number), None)
        name = proven.names.get(entry.actor_id, "") if entry.actor_kind == "staff" else ""
        yield AuditRow(entry.number, entry.at, entry.actor_kind, name, entry.deed, entry.why, signed)


@cache
def _words() -> dict[str, Any]:
    text = resources.files("caredesk.console").joinpath("evidence_words.yaml").read_text("utf-8")
    words: dict[str, Any] = yaml.safe_load(text)
    return words
