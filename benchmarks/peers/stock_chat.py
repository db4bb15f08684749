"""The chat that one builds first: Flask-SocketIO as it comes, and a row of an ORM committed for each message.

Run `python -m benchmarks.peers.stock_chat PORT DATABASE_URL`. A message is stored under the sender's key, told to
everybody in its conversation and acknowledged; there is no guard, no audit, no queue and no job beside it.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from flask_socketio import SocketIO, emit, join_room
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    """Of the one table."""


class Message(Base):
    """What somebody has said."""

    __tablename__ = "message"

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation: Mapped[str] = mapped_column(index=True)
    client_key: Mapped[str] = mapped_column(unique=True)
    text: Mapped[str]
    created_at: Mapped[datetime]


def main() -> None:
    """Serve until somebody ends it."""
    port, url = sys.argv[1:]
    engine = open_store(url)
    app = Flask(__name__)
    app.add_url_rule("/up", view_func=lambda: "up")
    sockets = SocketIO(app, async_mode="threading")
    _listen(sockets, engine)
    sockets.run(app, host="127.0.0.1", port=int(port), allow_unsafe_werkzeug=True)


def open_store(url: str) -> Engine:
    """Return a store with the one table, where what is committed is on disk, as at the desk."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _as_the_desk_does)
    Base.metadata.create_all(engine)
    return engine


def _as_the_desk_does(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _listen(sockets: SocketIO, engine: Engine) -> None:
    def connect(auth: dict[str, str]) -> None:
        join_room(auth["conversation"])

    def post(said: dict[str, Any]) -> dict[str, Any]:
        with Session(engine) as session:
            message = Message(
                conversation=said["conversation"],
                client_key=said["client_key"],
                text=said["body"]["text"],
                created_at=datetime.now(UTC),  # noqa: TID251 (a program of its own, not the desk's)
            )
            session.add(message)
            session.commit()
            told = {"id": message.id, "text": message.text, "at": message.created_at.isoformat()}
        emit("message", told, to=said["conversation"])
        return {"ok": True, "message": told}

    sockets.on_event("connect", connect)
    sockets.on_event("post", post)


if __name__ == "__main__":
    main()
