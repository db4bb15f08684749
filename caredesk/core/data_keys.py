"""The keys of people's data: one for each person, else one for each month, each wrapped by a master key.

A ring belongs to one store. It finds keys for whoever reads, and makes them in the transaction of whoever writes.
"""

from __future__ import annotations

from datetime import datetime
from threading import Lock
from weakref import WeakKeyDictionary

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import CheckConstraint, Connection, Dialect, Engine, Index, Row, String, Text, insert, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from caredesk.core.db import Base, Id
from caredesk.core.ids import new_id
from caredesk.core.sealing import MasterKey, PersonalSecrets, SealBroken, new_data_key, tokens_by, unwrap, wrap

AT_ONCE = 200
"""How many keys one look brings: those made after the wanted one, which often belong to people who came with it."""

MOST_HELD = 50_000
"""How many opened keys a process holds, about 20 MB; then it begins anew."""


class DataKey(Base):
    """A key of values, wrapped. `holder` is a guardian's, child's or prescription's id, or a month such as `2026-11`.

    Without `wrapped` it was destroyed: whatever it has sealed, in this database, is gone.
    """

    __tablename__ = "data_key"
    __table_args__ = (Index("ix_data_key_holder_master", "holder", "master"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    holder: Mapped[str] = mapped_column(String(80))
    master: Mapped[str] = mapped_column(String(16), index=True)
    wrapped: Mapped[str] = mapped_column(Text)


class SealingRound(Base):
    """One walk over all rows that hold people's data: sealing what is plain, or what older keys have sealed, anew.

    `place` is the table it has come to and `after` the last row that is done. `done` of about `total` rows are through.
    """

    __tablename__ = "sealing_round"
    __table_args__ = (CheckConstraint("kind in ('seal','rotate')", name="kind"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    place: Mapped[str] = mapped_column(String(40), default="", server_default=text("''"))
    after: Mapped[str] = mapped_column(String(64), default="", server_default=text("''"))
    done: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    total: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(index=True)


def is_half_sealed(session: Session) -> bool:
    """Tell whether rows may still be plain that were stored before this release."""
    query = select(SealingRound.id).where(SealingRound.ended_at.is_(None), SealingRound.kind == "seal")
    return session.scalars(query.limit(1)).first() is not None


class KeyRing:
    """The keys of one store, opened as they are needed and held in memory only."""

    def __init__(self, secrets: PersonalSecrets, *, reads: Engine) -> None:
        self._masters = secrets.masters
        self._reads = reads
        self._held: dict[str, AESGCM | None] = {}
        self._lock = Lock()
        self.token = tokens_by(secrets.index_secret)

    @property
    def master(self) -> MasterKey:
        """Return the master key that wraps new keys."""
        return self._masters.newest()

    def find(self, key_id: str) -> AESGCM | None:
        """Return a key by its id, None when it was destroyed; one that never was raises."""
        held = self._held
        if key_id in held:
            return held[key_id]
        # A value is opened while its row is read, where no session is at hand. Its connection is none of the pool's:
        # when each of them waited for a second one, none would ever come back.
        with self._reads.connect() as connection:
            return self._fetch(connection, key_id=key_id)

    def key_for(self, connection: Connection, *, holder: str) -> tuple[str, AESGCM]:
        """Return the key that seals new values of a holder and its id; made in this transaction when there is none.

        Asked for in the database each time: what another process has rotated meanwhile is not used again.
        """
        master = self.master
        query = select(DataKey.id).where(DataKey.holder == holder, DataKey.master == master.id, DataKey.wrapped != "")
        key_id = connection.execute(query.order_by(DataKey.id.desc()).limit(1)).scalar()
        if key_id is None:
            return self._make(connection, holder=holder, master=master)
        cipher = self._held.get(key_id) or self._fetch(connection, key_id=key_id)
        if cipher is None:
            raise SealBroken
        return key_id, cipher

    def forget(self) -> None:
        """Let go of every opened key; they are fetched again when they are needed."""
        with self._lock:
            self._held = {}

    def _make(self, connection: Connection, *, holder: str, master: MasterKey) -> tuple[str, AESGCM]:
        key, key_id = new_data_key(), new_id()
        wrapped = wrap(key, master=master, about=about_key(key_id, holder))
        connection.execute(insert(DataKey).values(id=key_id, holder=holder, master=master.id, wrapped=wrapped))
        cipher = AESGCM(key)
        self._hold({key_id: cipher})
        return key_id, cipher

    def _fetch(self, connection: Connection, *, key_id: str) -> AESGCM | None:
        query = select(DataKey.id, DataKey.holder, DataKey.master, DataKey.wrapped).where(DataKey.id >= key_id)
        rows = connection.execute(query.order_by(DataKey.id).limit(AT_ONCE)).all()
        opened = {row.id: self._opened(row) for row in rows if not row.wrapped or self._masters.find(row.master)}
        if key_id not in opened:
            raise SealBroken
        self._hold(opened)
        return opened[key_id]

    def _opened(self, row: Row[str, str, str, str]) -> AESGCM | None:
        master = self._masters.find(row.master)
        if not row.wrapped or master is None:
            return None
        return AESGCM(unwrap(row.wrapped, master=master, about=about_key(row.id, row.holder)))

    def _hold(self, opened: dict[str, AESGCM | None]) -> None:
        with self._lock:
            kept = self._held if len(self._held) + len(opened) <= MOST_HELD else {}
            self._held = kept | opened


_RINGS: WeakKeyDictionary[Dialect, KeyRing] = WeakKeyDictionary()
"""The ring of each open store, found by what SQLAlchemy hands to column types."""


def give_ring(engine: Engine, *, secrets: PersonalSecrets, reads: Engine | None = None) -> None:
    """Let a store seal and open people's data; `reads` opens connections that the store's own pool does not count."""
    _RINGS[engine.dialect] = KeyRing(secrets, reads=reads or engine)


def ring_of(dialect: Dialect) -> KeyRing:
    """Return the ring of a store; a store that was opened without secrets has none and raises."""
    ring = _RINGS.get(dialect)
    if ring is None:
        raise SealBroken
    return ring


def about_key(key_id: str, holder: str) -> str:
    """Return what a wrapped key is bound to: it opens as no other key and for nobody else."""
    return f"data_key\x1f{key_id}\x1f{holder}"
