"""The evidence of a drill: a record that the audit's key signs, filed in the data folder; the audit has its sum."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import datetime
from pathlib import Path

from caredesk.actions.backups import DrillOutcome
from caredesk.infra.backup.archive import signature_of
from caredesk.infra.backup.faults import told_plainly
from caredesk.infra.backup.restoring import Drilled
from caredesk.infra.backup.source import Source

FOLDER = "drills"


def record_of(drilled: Drilled, *, name: str, at: datetime, private: str) -> bytes:
    """Return what a drill has shown as JSON, with an Ed25519 signature over the rest of it (docs/backups.md)."""
    manifest, audit = drilled.manifest, drilled.audit
    shown = {
        "drill": "caredesk.drill.1",
        "at": at.isoformat(),
        "backup": name,
        "made_at": manifest.made_at.isoformat(),
        "version": manifest.version,
        "schema": manifest.revision,
        "passed": drilled.passed,
        "recovery_time_seconds": round(drilled.seconds, 1),
        "recovery_point_seconds": round((at - manifest.made_at).total_seconds()),
        "files": len(manifest.members),
        "tables": len(manifest.counts),
        "rows": sum(manifest.counts.values()),
        "wrong_tables": drilled.wrong_tables,
        "audit_entries": audit.outcome.checked,
        "audit_anchors": audit.anchors,
        "audit_broken_at": audit.outcome.broken.number if audit.outcome.broken else None,
    }
    signed = json.loads(signature_of(written(shown), private=private))
    return json.dumps({**shown, **signed}, indent=1).encode()


def written(shown: dict[str, object]) -> bytes:
    """Return the bytes of a record that are signed: JSON without blanks, keys in the order of letters."""
    return json.dumps(shown, sort_keys=True, separators=(",", ":")).encode()


def outcome_of(drilled: Drilled, *, name: str, at: datetime, record: bytes) -> DrillOutcome:
    """Return what the audit notes of a drill."""
    age = at - drilled.manifest.made_at
    return DrillOutcome(name, drilled.passed, drilled.seconds, age, hashlib.sha256(record).hexdigest())


def file_record(source: Source, *, record: bytes, at: datetime) -> Path:
    """Keep a record in the data folder, where backups take it along."""
    folder = source.folder / FOLDER
    with told_plainly(otherwise="unwritable"):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / f"{at:%Y%m%dT%H%M%SZ}-{hashlib.sha256(record).hexdigest()[:8]}.json"
        with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
            file.write(record)
    return path
