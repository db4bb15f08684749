"""Alembic's entry: runs migrations on the connection that `infra/schema.py` hands over."""

from __future__ import annotations

from alembic import context

from caredesk.core.db import is_modelled
from caredesk.infra.schema import METADATA

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    # SQLite cannot alter most things in place; batch mode copies the table instead.
    render_as_batch=True,
    compare_type=True,
    include_object=is_modelled,
)
context.run_migrations()
