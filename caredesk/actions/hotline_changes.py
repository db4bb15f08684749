"""Changing the hotline's set-up and prompts: versions, names that must mean something, engines that are told."""

from __future__ import annotations

from sqlalchemy.orm import Session

from caredesk.actions import hotline_setup
from caredesk.actions.call_engines import prompts_changed
from caredesk.actions.floor_trail import keep as keep_trail
from caredesk.conversations.rules import tidy_text
from caredesk.core.work import Work
from caredesk.telephony import menu_queries as queries
from caredesk.telephony.menu_errors import SetupMoved, SetupNamesNothing
from caredesk.telephony.menu_rules import INFORMATION
from caredesk.telephony.menu_schemas import HotlineSetup


def change_setup(work: Work, *, setup: HotlineSetup, version: int, note: str) -> None:
    """Keep a new version, which holds from the next call on; one that changes nothing is not kept.

    Raise SetupMoved when another version holds than the one that was changed, SetupNamesNothing for unknown names.
    """
    holds, before = hotline_setup.setup_now(work.session)
    if holds != version:
        raise SetupMoved(version=holds)
    if setup == before and holds:
        return
    _check_names(work.session, setup)
    values = {
        "version": holds + 1,
        "setup": setup.model_dump(mode="json"),
        "note": tidy_text(note).strip(),
        "made_by": work.actor.name,
        "made_at": work.now,
    }
    if not queries.add_version(work.session, values=values):
        raise SetupMoved(version=holds + 1)
    keep_trail(work, what="hotline_set_up", reason=tidy_text(note).strip(), facts={"version": str(holds + 1)})
    # A menu may lead to a queue that is younger than the engine: its name has yet to be fetched.
    prompts_changed(work)


def _check_names(session: Session, setup: HotlineSetup) -> None:
    keys = {queue.key for queue in hotline_setup.parent_queues(session)}
    if setup.default_queue not in keys:
        raise SetupNamesNothing(field="default_queue")
    for option in setup.options:
        if option.queue_key is not None and option.queue_key not in keys:
            raise SetupNamesNothing(field="queue_key", digit=option.digit)
        if option.prompt is not None and option.prompt not in INFORMATION:
            raise SetupNamesNothing(field="prompt", digit=option.digit)


def replace_prompt(work: Work, *, name: str, file_id: str, sha256: str, seconds: float) -> None:
    """Have a recording played in the place of a prompt from now on; its bytes are kept already."""
    hotline_setup.get_prompt(work.session, name=name)
    queries.put_prompt_recording(
        work.session,
        values={
            "name": name,
            "file_id": file_id,
            "sha256": sha256,
            "seconds": seconds,
            "uploaded_by": work.actor.name,
            "uploaded_at": work.now,
        },
    )
    keep_trail(work, what="prompt_replaced", reason="", facts={"prompt": name})
    prompts_changed(work)


def reset_prompt(work: Work, *, name: str) -> None:
    """Have a prompt spoken by the program again; one that was not recorded stays as it is."""
    hotline_setup.get_prompt(work.session, name=name)
    if queries.drop_prompt_recording(work.session, name=name):
        keep_trail(work, what="prompt_reset", reason="", facts={"prompt": name})
        prompts_changed(work)
