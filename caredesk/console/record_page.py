"""The printable page of an exported conversation: one file that needs nothing else, in Chinese or English."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache, partial
from importlib import resources
from typing import Any, Literal

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from caredesk.actions.exports import ExportDocument
from caredesk.core.clock import clinic_time
from caredesk.events.shapes import NoticeBody, StaffBody

Language = Literal["zh", "en"]

TIMES = frozenset({"next_open", "promised_at", "starts_at"})
"""Fields of notices that are instants; they are printed in clinic time."""
CODES = {"field": "fields", "by": "arrivals", "status": "parcels"}
"""Fields of notices that are codes, with the group of words that says what they mean."""

_MEANINGS = {"status": "statuses", "channel": "channels", "language": "languages", "handoff_reason": "handoffs"}


def record_page(record: ExportDocument, *, language: Language) -> str:
    """Return the record as HTML. It runs no script and loads nothing, so it can be filed and opened anywhere."""
    writer = _Writer(record, language=language)
    environment = page_environment()
    return environment.get_template("record.html").render(
        record=record,
        language=language,
        policy=page_policy(),
        style=Markup(page_style()),  # noqa: S704 (our own file)
        fact_lines=list(writer.fact_lines()),
        word=writer.word,
        label=writer.label,
        said=partial(_said, environment, writer),
    )


def page_policy() -> str:
    """Return the page's Content-Security-Policy: its one style sheet, known by its hash, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(page_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


class _Writer:
    """Says the record's codes and keys in one language."""

    def __init__(self, record: ExportDocument, *, language: Language) -> None:
        self._record = record
        self._language: Language = language
        self._labels = {
            option.key: option.zh if language == "zh" else option.en or option.zh for option in record.labels
        }

    def word(self, group: str, code: str, **values: object) -> str:
        """Return what a code means; one without words is shown as it is."""
        found: dict[str, str] | None = _words()[group].get(code)
        return found[self._language].format_map(_Values(values)) if found else code

    def label(self, key: str) -> str:
        """Return the hospital's words for a key of its lists."""
        return self._labels.get(key, key)

    def fact_lines(self) -> Iterator[tuple[str, str]]:
        """Return the facts that there are, each with its name."""
        for name in _words()["facts"]:
            value = getattr(self._record.conversation, name)
            if value not in (None, "", []):
                yield name, self._fact(name, value=value)

    def notice(self, body: NoticeBody) -> str:
        """Return a notice in words; one that has none is shown with its fields."""
        values = {name: self._field(name, value=value, fields=body.fields) for name, value in body.fields.items()}
        if body.code not in _words()["notices"]:
            return " ".join([body.code, *(f"{name}={value}" for name, value in values.items())])
        return self.word("notices", body.code, **values)

    def _fact(self, name: str, *, value: object) -> str:
        if isinstance(value, datetime):
            return _clinic(value)
        if isinstance(value, list):
            return ", ".join(self.word("notices", str(flag)) for flag in value)
        if name in _MEANINGS:
            return self.word(_MEANINGS[name], str(value))
        return self.label(str(value)) if name in ("close_category", "close_outcome") else str(value)

    def _field(self, name: str, *, value: str, fields: dict[str, str]) -> str:
        if name in TIMES:
            return _clinic(datetime.fromisoformat(value))
        if name in CODES:
            return self.word(CODES[name], value)
        if name == "queue" and self._language == "en":
            return fields.get("queue_en") or value
        return self.label(value) if name in ("category", "outcome", "reason") else value


class _Values(dict[str, object]):
    """Values of a pattern; one that is missing leaves a gap instead of breaking the page."""

    def __missing__(self, name: str) -> str:
        return "—"


def _said(environment: Environment, writer: _Writer, body: StaffBody) -> Markup:
    template = environment.get_template("body.html")
    return Markup(template.render(body=body, word=writer.word, notice=writer.notice))  # noqa: S704 (escaped there)


def _clinic(at: datetime) -> str:
    return f"{clinic_time(at):%Y-%m-%d %H:%M:%S}"


@cache
def page_environment() -> Environment:
    """Return where the templates of what leaves the desk are found."""
    environment = Environment(
        loader=PackageLoader("caredesk.console", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., str]] = {"clinic": _clinic}
    environment.filters.update(filters)
    return environment


@cache
def page_style() -> str:
    """Return the one style sheet of what leaves the desk."""
    return resources.files("caredesk.console").joinpath("templates", "record.css").read_text("utf-8")


@cache
def _words() -> dict[str, Any]:
    text = resources.files("caredesk.console").joinpath("record_words.yaml").read_text("utf-8")
    words: dict[str, Any] = yaml.safe_load(text)
    return words
