"""What can go wrong with a backup, as one class with a code and a sentence for the technician who reads it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

SENTENCES = {
    "no_key": "There is no public key to seal to. Make a pair with: caredesk backup key",
    "bad_key": "This is no public key of age: it begins with age1.",
    "bad_secret": "This is no secret key of age: one line that begins with AGE-SECRET-KEY-1.",
    "wrong_secret": "This secret key does not open the backup: it was sealed to another public key.",
    "not_whole": "The backup is not whole: it was cut off or changed. Use another one.",
    "not_a_backup": "This is no backup of caredesk.",
    "wrong_sum": "A file in the backup is not as it was when the backup was made. Use another backup.",
    "wrong_signature": "The backup was not made by the desk with this public key.",
    "newer_schema": "The backup comes from a newer version of caredesk: install that version and restore with it.",
    "other_store": "The backup holds the other kind of database: set CAREDESK_DATABASE_URL as it was when it was made.",
    "not_empty": "There is a desk already. To put the backup in its place, say --replace; what is there is kept aside.",
    "desk_runs": "A desk is running on this database. Stop it (web, workers, timer, hotline), then restore.",
    "disk_full": "The disk is full. Nothing was left behind; make room and try again.",
    "unwritable": "The place of the backups cannot be written.",
    "no_such_backup": "There is no such backup. See: caredesk backup list",
    "no_backup": "There is no backup yet. Make one with: caredesk backup create",
    "no_database": "There is no database to back up.",
    "busy": "Another backup is being made on this machine.",
    "no_tools": "pg_dump and psql were not found. Install PostgreSQL's client, or set CAREDESK_BACKUP_PG_TOOLS.",
    "tools_failed": "PostgreSQL's own program refused. It must not be older than the server; its words stand above.",
    "database_failed": "The database in the backup does not load, or is not what was counted when it was made.",
    "changed_meanwhile": "A file changed while it was read. Try again.",
    "s3_settings": "A bucket for backups needs CAREDESK_BACKUP_S3_BUCKET, _KEY_ID, and _KEY or _KEY_FILE.",
    "s3_address": "The storage's address is refused: HTTPS, and as near as CAREDESK_BACKUP_S3_REACH allows.",
    "s3_away": "The storage is away or too busy; it was tried four times. Nothing half is listed.",
    "s3_key": "The storage does not know this key, or its secret is another. See CAREDESK_BACKUP_S3_KEY_ID and _KEY.",
    "s3_clock": "The storage's clock and this machine's differ too much. Set this machine's (docs/operations.md).",
    "s3_no_bucket": "There is no such bucket. Make it at the storage, or see CAREDESK_BACKUP_S3_BUCKET.",
    "s3_forbidden": "The storage does not allow this key to do that: it needs to read, write, list and delete there.",
    "s3_refused": "The storage refuses; its own code stands behind this.",
    "s3_cut": "The storage gives another length than it was sent. Use another backup, or make one anew.",
    "s3_parts": "The backup needs more than 10,000 parts. Raise CAREDESK_BACKUP_S3_PART_MIB.",
}


class BackupFault(Exception):
    """A backup cannot be made, read or restored; nothing half was left. `detail` names a file or a program's words."""

    def __init__(self, code: str, *, detail: str = "") -> None:
        super().__init__(SENTENCES[code])
        self.code = code
        self.detail = detail


@contextmanager
def told_plainly(*, otherwise: str) -> Iterator[None]:
    """Turn what the machine refuses (a full disk, a closed folder) into a fault with words."""
    try:
        yield
    except OSError as fault:
        full = fault.errno in (errno.ENOSPC, errno.EDQUOT)
        raise BackupFault("disk_full" if full else otherwise, detail=fault.strerror or "") from fault
