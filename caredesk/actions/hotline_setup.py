"""The hotline's set-up: which version holds, and every prompt that callers may hear with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from caredesk.actions import clinic
from caredesk.clinic import queries as clinic_queries
from caredesk.conversations import house_queries
from caredesk.queue import queries as queue_queries
from caredesk.queue.models import Queue
from caredesk.telephony import menu_queries as queries
from caredesk.telephony.menu_rules import INFORMATION, default_setup
from caredesk.telephony.menu_schemas import (
    HotlineSetup,
    HotlineSetupView,
    HotlineVersionList,
    HotlineVersionView,
    SetupQueue,
)
from caredesk.telephony.prompt_catalogue import Prompt, catalogue, named
from caredesk.telephony.prompt_errors import PromptUnknown

VERSIONS_SHOWN = 50


def setup_now(session: Session) -> tuple[int, HotlineSetup]:
    """Return the set-up that holds and its version; version 0 is the one that the queues suggest."""
    row = queries.newest_version(session)
    if row is not None:
        return row.version, HotlineSetup.model_validate(row.setup)
    return 0, default_setup(_keys_of_queues(session))


def setup_view(session: Session, *, now: datetime, speaks: bool) -> HotlineSetupView:
    """Return everything that the page of the set-up shows."""
    row = queries.newest_version(session)
    version, setup = setup_now(session)
    return HotlineSetupView(
        version=version,
        made_by=row.made_by if row else "",
        made_at=row.made_at if row else None,
        setup=setup,
        queues=[_queue_view(session, queue, now=now) for queue in parent_queues(session)],
        information=list(INFORMATION),
        speech="speech" if speaks else "tones",
    )


def version_list(session: Session) -> HotlineVersionList:
    """Return the last versions, newest first."""
    return HotlineVersionList(
        versions=[
            HotlineVersionView(
                version=row.version,
                note=row.note,
                made_by=row.made_by,
                made_at=row.made_at,
                setup=HotlineSetup.model_validate(row.setup),
            )
            for row in queries.list_versions(session, limit=VERSIONS_SHOWN)
        ]
    )


def parent_queues(session: Session) -> Sequence[Queue]:
    """Return the queues that a menu may lead to, in their order."""
    return [queue for queue in queue_queries.list_queues(session) if queue.kind == "parent"]


def _keys_of_queues(session: Session) -> list[tuple[str, bool]]:
    return [(queue.key, queue.is_default) for queue in parent_queues(session)]


def _queue_view(session: Session, queue: Queue, *, now: datetime) -> SetupQueue:
    state = clinic.queue_state(session, queue, at=now)
    return SetupQueue(key=queue.key, name=queue.name, name_en=queue.name_en, open=state.open, next_open=state.next_open)


# ---- prompts ---------------------------------------------------------------------------------------------


def list_prompts(session: Session) -> list[Prompt]:
    """Return every prompt that a call may need now: the catalogue, and the hospital's own names."""
    hospital = house_queries.get_hospital(session).name
    names = [
        *([named("greeting", name=hospital)] if hospital else []),
        *(named("queue", name=queue.name) for queue in parent_queues(session)),
        *(named("department", name=department.name) for department in clinic_queries.list_departments(session)),
    ]
    return [*catalogue().values(), *{prompt.name: prompt for prompt in names}.values()]


def get_prompt(session: Session, *, name: str) -> Prompt:
    """Return a prompt by its name; raise PromptUnknown when no call needs one of this name."""
    found = catalogue().get(name) or next((one for one in list_prompts(session) if one.name == name), None)
    if found is None:
        raise PromptUnknown
    return found
