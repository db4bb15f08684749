"""Structured logs: one JSON object a line, ids in fields, never words of a visitor."""

from __future__ import annotations

import logging
import sys

from pythonjsonlogger.json import JsonFormatter

from caredesk.core.doing import current


def set_up_logs(*, level: str) -> None:
    """Send all logs of the process to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(name_what_is_done)
    handler.setFormatter(
        JsonFormatter("{asctime}{levelname}{name}{message}", style="{", rename_fields={"asctime": "at"})
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # Uvicorn reports every connection at INFO; the desk's own facts are enough.
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    # They report every frame they cannot read with a traceback: any stranger could fill the disk with it.
    logging.getLogger("engineio").setLevel(logging.CRITICAL)
    logging.getLogger("socketio").setLevel(logging.CRITICAL)
    logging.getLogger("jieba").setLevel(logging.WARNING)


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
