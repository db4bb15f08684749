"""What of a desk is backed up and put back: its rows and its data folder, and where backups of it go."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from caredesk.audit.signing import new_signing_key, public_key_of
from caredesk.infra.backup.archive import DATA, SETTINGS, Member
from caredesk.infra.backup.faults import BackupFault, told_plainly
from caredesk.infra.backup.places import FolderPlace, Place
from caredesk.infra.backup.s3_place import bucket_place
from caredesk.infra.backup.sealing import is_public
from caredesk.infra.backup.stores import PostgresRows, Rows, SqliteRows
from caredesk.infra.secrets import secret_from
from caredesk.settings import Settings

DATABASE_FILE = "caredesk.db"
PUBLIC_KEY = "backup_key.pub"
ANCHORS = Path("audit") / "anchors.jsonl"
LEARNED = "index"
"""The bot learns it anew from the rows."""
WORK = ".backup-work"
LOCK = ".backup.lock"
UNFINISHED = ".restore-unfinished"


@dataclass(frozen=True)
class Source:
    """One desk: where its rows and its data folder are, and to whom its backups are sealed."""

    settings: Settings

    @property
    def folder(self) -> Path:
        """The data folder."""
        return self.settings.data_dir.absolute()

    @property
    def database_url(self) -> str:
        """Where the rows are."""
        return self.settings.database_url or f"sqlite:///{self.folder / DATABASE_FILE}"

    def rows(self) -> Rows:
        """Return the desk's database."""
        if self.database_url.startswith("sqlite"):
            return SqliteRows(Path(self.database_url.removeprefix("sqlite:///").split("?")[0]))
        return PostgresRows(self.database_url, tools=self.settings.backup_pg_tools)

    def place(self) -> Place:
        """Return where backups go."""
        return bucket_place(self.settings) if self.settings.backup_s3_url else FolderPlace(self.backup_folder)

    @property
    def backup_folder(self) -> Path:
        """The folder of backups."""
        return (self.settings.backup_folder or self.folder / "backups").absolute()

    def public_key(self) -> str:
        """Return the key to seal to; empty when nobody has made one."""
        if self.settings.backup_key:
            key = self.settings.backup_key.strip()
        else:
            file = self.folder / PUBLIC_KEY
            key = file.read_text("ascii").strip() if file.exists() else ""
        if key and not is_public(key):
            raise BackupFault("bad_key")
        return key

    def signing_key(self) -> str:
        """Return the private key that signs backups: the audit's."""
        return secret_from(self.folder, name="audit", make=new_signing_key)

    def own_signer(self) -> str:
        """Return the public half of it; empty where this desk has none yet, as on a clean machine."""
        return public_key_of(self.signing_key()) if (self.folder / "secrets" / "audit").exists() else ""

    def files(self) -> Iterator[Member]:
        """Yield what is backed up of the data folder, in the order of names."""
        for folder, names, files in os.walk(self.folder):
            here = Path(folder)
            names[:] = sorted(name for name in names if self._is_kept(here / name))
            for name in sorted(files):
                path = here / name
                if self._is_kept(path) and path.is_file() and not path.is_symlink():
                    yield Member(DATA + path.relative_to(self.folder).as_posix(), path)

    def _is_kept(self, path: Path) -> bool:
        if path.suffix == ".part" or path == self.backup_folder:
            return False
        if path.parent != self.folder:
            return True
        return not path.name.startswith((".", DATABASE_FILE)) and path.name != LEARNED

    def written_settings(self) -> Member:
        """Return the settings that are not the defaults as lines for an environment file, secrets among them."""
        lines = []
        for name, field in type(self.settings).model_fields.items():
            value = getattr(self.settings, name)
            if value != field.default:
                plain = value.get_secret_value() if isinstance(value, SecretStr) else value
                lines.append(f"CAREDESK_{name.upper()}={plain}\n")
        return Member(SETTINGS, "".join(lines).encode())

    @contextmanager
    def work_folder(self) -> Iterator[Path]:
        """Return an empty folder on the desk's own disk; one process at a time, and what a killed one left is gone."""
        if not self.folder.is_dir():
            raise BackupFault("no_database")
        with told_plainly(otherwise="unwritable"), (self.folder / LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BackupFault("busy") from None
            work = self.folder / WORK
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir(mode=0o700)
            try:
                yield work
            finally:
                shutil.rmtree(work, ignore_errors=True)


def unfinished_restore(folder: Path) -> bool:
    """Tell whether a restore was cut off while it put files into their place: nothing shall start on that."""
    return (folder / UNFINISHED).exists()
