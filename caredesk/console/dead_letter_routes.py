"""The supervisor's API about what was given up: messages, post and jobs, to be sent again or thrown away."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from caredesk.accounts.rules import Permission
from caredesk.actions import dead_letters
from caredesk.actions.dead_letters import Kind
from caredesk.console.floor_schemas import Because
from caredesk.edge.guards import current_actor, staff_guard
from caredesk.edge.respond import answer, current_services, no_content
from caredesk.edge.transactions import read, write
from caredesk.events.shapes import Shape

TAG = Tag(name="dead letters", description="What nobody could send or do. Writes carry X-CSRF-Token.")
api = APIBlueprint("dead_letters", __name__, url_prefix="/api/console/dead-letters", abp_tags=[TAG])


class DeadLetterView(Shape):
    """Something that was given up: its kind, what it was, to whom (masked), the code of what was wrong."""

    kind: Kind
    id: str
    what: str
    to: str
    error: str
    tries: int
    at: datetime


class DeadLetters(Shape):
    """Everything that was given up, newest first."""

    letters: list[DeadLetterView]


class LetterPath(BaseModel):
    kind: Kind
    letter_id: Annotated[str, Field(max_length=36)]


@api.get("", responses={200: DeadLetters})
@staff_guard(Permission.SEE_FLOOR)
def get_dead_letters() -> ResponseReturnValue:
    """What nobody could send or do however often it was tried."""
    with read(current_services()) as session:
        found = dead_letters.list_dead(session)
    return answer(DeadLetters(letters=[DeadLetterView(**asdict(one)) for one in found]))


@api.post("/<kind>/<letter_id>/replay")
@staff_guard(Permission.SEE_FLOOR)
def post_letter_replay(path: LetterPath) -> ResponseReturnValue:
    """Send or do it again now."""
    with write(current_services(), actor=current_actor()) as work:
        dead_letters.replay(work, kind=path.kind, letter_id=path.letter_id)
    return no_content()


@api.post("/<kind>/<letter_id>/discard")
@staff_guard(Permission.SEE_FLOOR)
def post_letter_discard(path: LetterPath, body: Because) -> ResponseReturnValue:
    """Throw it away, with a reason."""
    with write(current_services(), actor=current_actor()) as work:
        dead_letters.discard(work, kind=path.kind, letter_id=path.letter_id, reason=body.reason)
    return no_content()
