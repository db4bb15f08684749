"""Structured logs: one JSON object a line, ids in fields, never words of a visitor."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

from pythonjsonlogger.json import JsonFormatter

from caredesk.core.doing import current

OTHERS = {
    # It reports every connection at INFO, and every frame with its words at DEBUG; the desk's own facts are enough.
    "uvicorn": logging.WARNING,
    # They report every frame they cannot read with a traceback: any stranger could fill the disk with it.
    "engineio": logging.CRITICAL,
    "socketio": logging.CRITICAL,
    "jieba": logging.WARNING,
}
"""The lowest level that libraries may log at, whatever the desk itself logs: some of them quote what people write."""


def set_up_logs(*, level: str) -> None:
    """Send all logs of the process to standard error as JSON lines."""
    logging.basicConfig(level=level.upper(), handlers=[handler_to(sys.stderr)], force=True)
    for name, lowest in OTHERS.items():
        logging.getLogger(name).setLevel(lowest)


def handler_to(stream: TextIO) -> logging.Handler:
    """Return what writes records to a stream as the desk writes them."""
    handler = logging.StreamHandler(stream)
    handler.addFilter(name_what_is_done)
    handler.setFormatter(
        JsonFormatter("{asctime}{levelname}{name}{message}", style="{", rename_fields={"asctime": "at"})
    )
    return handler


def name_what_is_done(record: logging.LogRecord) -> bool:
    """Put beside a record what its thread is doing: request, conversation, staff, deed; keeps every record.

    What a caller has said by `extra=` stays.
    """
    now = current()
    told = {
        "deed": now.deed,
        "request_id": now.request_id,
        "conversation_id": now.conversation_id,
        "staff_id": now.staff_id,
    }
    for name, value in told.items():
        if value and not hasattr(record, name):
            setattr(record, name, value)
    return True
