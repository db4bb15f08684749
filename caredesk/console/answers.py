"""What several routes answer a command with: the conversation as it stands now, and the entry that was added."""

from __future__ import annotations

from caredesk.actions.replies import Said
from caredesk.actions.summaries import summaries, summary_of
from caredesk.actions.timeline import timeline_entry
from caredesk.console.schemas import Appended, Changed
from caredesk.conversations.models import Conversation
from caredesk.core.work import Work


def changed(work: Work, conversation: Conversation) -> Changed:
    """Return a conversation after a command."""
    return Changed(conversation=summary_of(work.session, conversation))


def appended(work: Work, said: Said) -> Appended:
    """Return what a command has added to the timeline, with its conversation."""
    summary = summaries(work.session, [said.conversation], names=said.names)[0]
    return Appended(entry=timeline_entry(said.entry), conversation=summary)
