"""What the bot would say to a parent's message, for the agent who reads it; and which of it the agent used."""

from __future__ import annotations

from typing import Literal

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from caredesk.accounts.rules import Permission
from caredesk.actions import desk, suggestions
from caredesk.actions.suggestions import Suggestion
from caredesk.console.schemas import ConversationPath
from caredesk.console.who import as_staff
from caredesk.edge.guards import current_actor, staff_guard
from caredesk.edge.limits import limited
from caredesk.edge.respond import answer, current_services, no_content
from caredesk.edge.transactions import read, write
from caredesk.events.shapes import LiveNote, Shape

TAG = Tag(name="suggestions", description="The bot's candidates beside a conversation. Session cookie.")
api = APIBlueprint("suggestions", __name__, url_prefix="/api/console/conversations", abp_tags=[TAG])


class SuggestionQuery(BaseModel):
    q: str = Field(min_length=1, max_length=500)


class SuggestedAnswer(Shape):
    """An entry with what it says now; `live` tells where live data come from and whether they can be relied on."""

    entry_id: str
    category: str
    question: str
    answer: str
    source: str
    owner: str
    valid_until: str | None
    score: float
    live: LiveNote | None


class SuggestedAnswers(Shape):
    """What fits the words, best first. A medical or dangerous message says so, whatever fits."""

    outcome: Literal["answer", "suggest", "medical", "emergency", "human", "none"]
    hits: list[SuggestedAnswer]


class UsedSuggestion(Shape):
    """An entry that went into a reply, and the words it answered."""

    entry_id: str = Field(min_length=1, max_length=80)
    question: str = Field(min_length=1, max_length=500)


@api.get("/<conversation_id>/suggestions", responses={200: SuggestedAnswers})
@staff_guard(Permission.WORK)
@limited("search", by="staff")
def get_suggestions(path: ConversationPath, query: SuggestionQuery) -> ResponseReturnValue:
    """Ask the bot what it would say, with the conversation's own topic, family and hour."""
    services, who = current_services(), as_staff()
    now = services.clock.now()
    with read(services) as session:
        conversation = desk.get_visible(session, conversation_id=path.conversation_id, who=who)
        bot = services.bot.current()
        turn = suggestions.ask(session, bot, conversation=conversation, words=query.q, at=now)
        found = suggestions.suggest(session, bot, conversation=conversation, turn=turn, words=query.q, at=now)
        shown = SuggestedAnswers.model_validate({"outcome": found.outcome, "hits": [_hit(one) for one in found.shown]})
    return answer(shown)


@api.post("/<conversation_id>/suggestions/used")
@staff_guard(Permission.WORK)
def post_used(path: ConversationPath, body: UsedSuggestion) -> ResponseReturnValue:
    """Keep which suggestion an agent has used."""
    with write(current_services(), actor=current_actor()) as work:
        suggestions.note_choice(
            work,
            conversation_id=path.conversation_id,
            who=as_staff(),
            entry_id=body.entry_id,
            words=body.question,
        )
    return no_content()


def _hit(one: Suggestion) -> SuggestedAnswer:
    entry = one.entry
    return SuggestedAnswer(
        entry_id=entry.id,
        category=entry.category,
        question=entry.question,
        answer=one.said.text,
        source=entry.source,
        owner=entry.owner,
        valid_until=entry.valid_until.isoformat() if entry.valid_until else None,
        score=one.score,
        live=one.said.note,
    )
