"""Asks once, at the start, whether the servers that the scaled size stands on answer."""

from __future__ import annotations

import redis
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

SECONDS = 5
"""How long a server may take; whoever supervises the process starts it again."""


def what_does_not_answer(*, database_url: str, redis_url: str) -> str:
    """Say in a sentence which of the two does not answer; empty when both do."""
    try:
        engine = create_engine(database_url, poolclass=NullPool, connect_args={"connect_timeout": SECONDS})
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except (SQLAlchemyError, ValueError):
        return "PostgreSQL does not answer at CAREDESK_DATABASE_URL. Is it running, and are name and password right?"
    try:
        client = redis.Redis.from_url(redis_url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS)
        with client:
            client.ping()
    except (redis.RedisError, ValueError):
        return "Redis does not answer at CAREDESK_REDIS_URL. Is it running, and is its password right?"
    return ""
