"""The telephone engine's sound: it hands recordings over and fetches prompts. See `docs/hotline.md`."""

from __future__ import annotations

from typing import Literal

from flask import Response, request
from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field, ValidationError

from caredesk.edge.errors import malformed
from caredesk.edge.guards import engine_guard
from caredesk.edge.prompt_files import list_engine_prompts, prompt_sound
from caredesk.edge.recording_files import take_recording
from caredesk.edge.respond import answer, current_services, no_content
from caredesk.telephony.menu_schemas import EnginePrompts

TAG = Tag(name="hotline", description="The telephone engine; see docs/hotline.md.")
api = APIBlueprint("hotline_media", __name__, url_prefix="/hooks/hotline", abp_tags=[TAG])


class RecordingPath(BaseModel):
    """A recording as the desk has named it to the engine."""

    recording_id: str = Field(pattern=r"^[A-Za-z0-9-]{8,64}$")


class PromptPath(BaseModel):
    """A prompt by its name."""

    name: str = Field(pattern=r"^[a-z0-9_]{1,60}$")


class HandedHead(BaseModel):
    """What the headers say of a recording."""

    call_id: str = Field(pattern=r"^[A-Za-z0-9-]{1,36}$")
    kind: Literal["call", "voicemail"]


@api.put("/recordings/<recording_id>")
@engine_guard
def put_recording(path: RecordingPath) -> ResponseReturnValue:
    """Take a recording; the same one again is thanked for, so that the engine may forget its copy."""
    try:
        head = HandedHead.model_validate(
            {"call_id": request.headers.get("X-Call-Id", ""), "kind": request.headers.get("X-Kind", "")}
        )
    except ValidationError as error:
        raise malformed(error, part="headers") from None
    take_recording(recording_id=path.recording_id, call_id=head.call_id, kind=head.kind)
    return no_content()


@api.get("/prompts", responses={200: EnginePrompts})
@engine_guard
def get_prompts() -> ResponseReturnValue:
    """Every prompt that a call may need, with what tells whether the engine has it already."""
    return answer(list_engine_prompts(current_services()))


@api.get("/prompts/<name>.wav")
@engine_guard
def get_prompt(path: PromptPath) -> ResponseReturnValue:
    """One prompt: 8 kHz, one channel, 16 bit."""
    sound = prompt_sound(current_services(), name=path.name)
    response = Response(sound.wav, mimetype="audio/wav")
    response.set_etag(sound.sha256)
    return response.make_conditional(request)
