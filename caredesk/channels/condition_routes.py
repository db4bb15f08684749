"""What fails just now, for every screen: told from memory, so that it can be told when nothing else can."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from caredesk.edge.guards import open_to_all
from caredesk.edge.respond import answer, current_services
from caredesk.events.continuity_shapes import DeskCondition

TAG = Tag(name="condition", description="What fails just now.")
api = APIBlueprint("condition", __name__, url_prefix="/api", abp_tags=[TAG])


@api.get("/condition", responses={200: DeskCondition})
@open_to_all(reason="pages ask when nobody can be signed in; it names dependencies and tells no figures")
def get_condition() -> ResponseReturnValue:
    """What fails just now, as this process knows it."""
    return answer(current_services().condition.now())
