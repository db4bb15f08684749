"""Everybody leaves: what people of one file of tests have left open is closed before the next file begins."""

from __future__ import annotations

from sqlalchemy import select

from caredesk.actions import chat
from caredesk.conversations import queries
from caredesk.conversations.models import Conversation
from caredesk.core.work import SYSTEM
from caredesk.edge.transactions import read, write
from caredesk.infra.profiles import build_services
from caredesk.settings import Settings
from tests.browser.desk_process import DeskProcess


def end_all_conversations(desk: DeskProcess) -> None:
    """Close what is open at a running desk, as its visitors could, from beside it."""
    services = build_services(Settings(data_dir=desk.data_dir, clock_file=desk.folder / "clock.json"))
    with read(services) as session:
        open_ones = session.scalars(select(Conversation.id).where(Conversation.status != "closed")).all()
    for conversation_id in open_ones:
        with write(services, actor=SYSTEM) as work:
            conversation = queries.lock_conversation(work.session, conversation_id=conversation_id)
            if conversation.status != "closed":
                chat.close(work, conversation, by="visitor", category="", outcome="", note="")
    services.store.engine.dispose()
