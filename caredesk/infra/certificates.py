"""Certificates of erasures: JSON signed by the audit's key, one file each in the data folder, no value of anybody."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from caredesk.audit.signing import new_signing_key
from caredesk.infra.backup.archive import signature_of
from caredesk.infra.secrets import secret_from

FOLDER = "erasures"


class CertificateFolder:
    """Files certificates under the erasure's id. Copy them to where backups are not: see docs/retention.md."""

    def __init__(self, data_dir: Path) -> None:
        self._private = secret_from(data_dir, name="audit", make=new_signing_key)
        self._folder = data_dir / FOLDER

    def file(self, name: str, *, shown: Mapping[str, object]) -> str:
        """File a certificate, whole or not at all, and return its SHA-256; filed again it is written anew.

        What is signed is the certificate without its last two fields, as JSON without blanks, keys in order.
        """
        written = json.dumps(shown, sort_keys=True, separators=(",", ":")).encode()
        signed = json.loads(signature_of(written, private=self._private))
        content = json.dumps({**shown, **signed}, indent=1).encode()
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / f"{name}.json"
        partial = path.with_suffix(".part")
        with os.fdopen(os.open(partial, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        return hashlib.sha256(content).hexdigest()
