"""Pictures of the parent's page."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from caredesk.actions.pictures import picture_for_visitor
from caredesk.edge.guards import current_actor, visitor_guard
from caredesk.edge.limits import limited
from caredesk.edge.picture_files import PictureForm, show_to_visitor, take_picture
from caredesk.edge.respond import answer, current_services
from caredesk.edge.transactions import read
from caredesk.widget.schemas import PicturePath, UploadedPicture

api = APIBlueprint("chat_pictures", __name__, url_prefix="/api/chat", abp_tags=[Tag(name="chat")])


@api.post("/pictures", responses={200: UploadedPicture})
@visitor_guard
@limited("picture.upload", by="visitor")
@limited("picture.day", by="visitor")
def post_visitor_picture(form: PictureForm) -> ResponseReturnValue:
    """Upload a picture, to be sent in a message by its id."""
    picture = take_picture(form)
    return answer(UploadedPicture(picture_id=picture.id, width=picture.width, height=picture.height))


@api.get("/pictures/<picture_id>")
@visitor_guard
def get_visitor_picture(path: PicturePath) -> ResponseReturnValue:
    """The bytes of one's own picture, or of one that was shown in one's conversation."""
    with read(current_services()) as session:
        picture = picture_for_visitor(session, picture_id=path.picture_id, visitor_id=current_actor().id)
    return show_to_visitor(picture)
