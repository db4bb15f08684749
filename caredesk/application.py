"""The composition root: settings in, a running desk out. The one file that knows everyone."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from typing import Any, cast

import socketio
from a2wsgi import WSGIMiddleware
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI
from pydantic.json_schema import models_json_schema
from werkzeug.middleware.proxy_fix import ProxyFix

from caredesk import __version__
from caredesk.actions import (
    archiving,
    audit_desk,
    auditing,
    backups,
    cloud_calls,
    knowledge,
    outlooks,
    parcel_asking,
    presence,
    promises,
    recordings,
    retaining,
    review_keeping,
    schedule_template,
    sweep,
)
from caredesk.channels import (
    cloud_call_routes,
    condition_routes,
    fhir_routes,
    hotline_media_routes,
    parcel_routes,
    receipt_routes,
    system_routes,
)
from caredesk.channels import hotline_routes as hotline_wire
from caredesk.console import (
    access_routes,
    account_routes,
    assist_routes,
    audit_routes,
    auth_routes,
    backup_routes,
    bot_report_routes,
    call_book_routes,
    call_routes,
    call_up_routes,
    claim_routes,
    continuity_routes,
    conversation_routes,
    dead_letter_routes,
    evidence_routes,
    factor_routes,
    family_routes,
    floor_routes,
    graph_routes,
    guardrail_routes,
    hotline_routes,
    incident_routes,
    knowledge_desk_routes,
    knowledge_import_routes,
    knowledge_routes,
    lock_routes,
    passkey_routes,
    policy_routes,
    publication_routes,
    record_routes,
    recording_routes,
    retention_routes,
    review_routes,
    sandbox_routes,
    schedule_routes,
    session_routes,
    sign_in_routes,
    sign_on_routes,
    staffing_routes,
    suggestion_routes,
    vouched_routes,
    webhook_routes,
)
from caredesk.console import parcel_routes as console_parcel_routes
from caredesk.console import routes as console_routes
from caredesk.core.ports import Jobs
from caredesk.core.work import SYSTEM
from caredesk.doctor_desk import broadcast_routes, figure_routes
from caredesk.doctor_desk import incident_routes as doctor_incident_routes
from caredesk.doctor_desk import parcel_routes as doctor_parcel_routes
from caredesk.doctor_desk import push_routes as doctor_push_routes
from caredesk.doctor_desk import request_routes as doctor_request_routes
from caredesk.doctor_desk import routes as doctor_routes
from caredesk.edge.errors import register_errors, render_malformed
from caredesk.edge.headers import register_headers
from caredesk.edge.job_kinds import JOB_KINDS
from caredesk.edge.requests import register_requests
from caredesk.edge.respond import attach_services
from caredesk.edge.routes import LateRule
from caredesk.edge.services import Services
from caredesk.edge.static_pages import static_pages
from caredesk.edge.transactions import write
from caredesk.events.contract import ClientEvents, ServerEvents
from caredesk.infra.bot_keeper import BotKeeper
from caredesk.infra.committer import Committer
from caredesk.infra.garbage import Garbage
from caredesk.infra.live import Live, make_server
from caredesk.infra.lookout import Lookout
from caredesk.infra.notices import follow_notice
from caredesk.infra.outages import OutageAlerts
from caredesk.infra.profiles import build_services, open_journal, open_push, open_runner, open_standby
from caredesk.settings import Settings
from caredesk.widget import demo_site, picture_routes, posting
from caredesk.widget import routes as chat_routes

log = logging.getLogger(__name__)

SURFACES = (
    system_routes.api,
    condition_routes.api,
    fhir_routes.api,
    receipt_routes.api,
    cloud_call_routes.api,
    parcel_routes.api,
    chat_routes.api,
    picture_routes.api,
    auth_routes.api,
    sign_in_routes.api,
    sign_on_routes.api,
    factor_routes.api,
    lock_routes.api,
    passkey_routes.api,
    vouched_routes.api,
    access_routes.api,
    account_routes.api,
    session_routes.api,
    audit_routes.api,
    retention_routes.api,
    evidence_routes.api,
    console_routes.api,
    continuity_routes.api,
    incident_routes.api,
    conversation_routes.api,
    record_routes.api,
    family_routes.api,
    console_parcel_routes.api,
    claim_routes.api,
    call_up_routes.api,
    dead_letter_routes.api,
    backup_routes.api,
    webhook_routes.api,
    assist_routes.api,
    floor_routes.api,
    guardrail_routes.api,
    call_routes.api,
    call_book_routes.api,
    graph_routes.api,
    hotline_media_routes.api,
    hotline_routes.api,
    recording_routes.api,
    knowledge_routes.api,
    policy_routes.api,
    hotline_wire.api,
    publication_routes.api,
    knowledge_desk_routes.api,
    knowledge_desk_routes.public,
    knowledge_import_routes.api,
    review_routes.api,
    sandbox_routes.api,
    staffing_routes.api,
    suggestion_routes.api,
    bot_report_routes.api,
    schedule_routes.api,
    doctor_routes.api,
    doctor_parcel_routes.api,
    doctor_request_routes.api,
    doctor_push_routes.api,
    broadcast_routes.api,
    figure_routes.api,
    doctor_incident_routes.api,
)

WAYS_IN: dict[str, dict[str, Any]] = {
    "session": {"type": "apiKey", "in": "cookie", "name": "caredesk_session"},
    "token": {"type": "http", "scheme": "bearer"},
}
"""How the contract says that callers show who they are: staff by their session, families and systems by a token."""


def create_app(services: Services) -> OpenAPI:
    """Return the HTTP application of a desk."""
    app = OpenAPI(
        "caredesk",
        info=Info(title="caredesk", version=__version__),
        security_schemes={**WAYS_IN},
        validation_error_callback=render_malformed,
        # The framework's own pages would be routes without a guard, with scripts that the policy forbids.
        doc_ui=False,
        static_folder=None,
    )
    app.url_rule_class = LateRule
    app.config["MAX_CONTENT_LENGTH"] = services.settings.request_bytes
    attach_services(app, services=services)
    register_requests(app, meters=services.meters, traces=services.traces, settings=services.settings)
    register_errors(app)
    register_headers(app, settings=services.settings)
    for surface in SURFACES:
        app.register_api(surface)
    app.register_blueprint(static_pages())
    app.register_blueprint(demo_site.pages)
    # Put beside the routes, so that one document types everything a browser uses.
    app.components_schemas.update(_event_schemas())
    if services.settings.trusted_proxies:
        hops = services.settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


@cache
def _event_schemas() -> dict[str, Any]:
    """Return the schemas of the socket's events; they are the same for every desk of a process."""
    _, schemas = models_json_schema(
        [(ServerEvents, "serialization"), (ClientEvents, "serialization")],
        ref_template="#/components/schemas/{model}",
    )
    defined: dict[str, Any] = schemas["$defs"]
    return defined


class Desk:
    """A running desk of one process: services, job runner and the ASGI application in front."""

    def __init__(self, settings: Settings) -> None:
        self._push = open_push(settings)
        self._bell = _LateBell()
        self._standby = open_standby(settings)
        services = build_services(settings, push=self._push, jobs=self._bell)
        self._journal = open_journal(settings)
        self.services = replace(services, standby=self._standby, journal=self._journal)
        self.runner = open_runner(self.services, kinds=JOB_KINDS)
        self._bell.runner = self.runner
        self.services.meters.push_backlog.set_function(self._push.backlog)
        self._server = make_server()
        self._posts = Committer(partial(posting.post_all, self.services), meters=self.services.meters)
        self._live = Live(self._server, services=self.services, posts=posting.SocketPosts(self._posts.hand_in))
        self._live.register()
        http = WSGIMiddleware(cast(Any, create_app(self.services)), workers=settings.http_threads)
        self.asgi: Any = socketio.ASGIApp(
            self._server, other_asgi_app=http, on_startup=self._start, on_shutdown=self._stop
        )
        self._bot = BotKeeper(self.services.bot)
        self._garbage = Garbage(screens=self._live.count)
        self._tasks: list[asyncio.Task[None]] = []
        self._lookout: Lookout | None = None

    async def _start(self) -> None:
        # First of all: what is loaded now is many objects that stay.
        self._garbage.start()
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(16, thread_name_prefix="live"))
        self._tasks = [
            asyncio.create_task(self._push.run(self._server, then=self._live.follow)),
            asyncio.create_task(self._push.listen(missed=self._live.call_back)),
            asyncio.create_task(self._live.beat()),
        ]
        await asyncio.to_thread(self._take_up)
        # The bot takes seconds to load; people can be served meanwhile, and its answers wait for it.
        self._bot.start()
        self.runner.start()
        tell = partial(self._live.tell_staff, loop=asyncio.get_running_loop())
        steps = (self._journal.replay, self._standby.keep_if_due, follow_notice, OutageAlerts().follow)
        then = [partial(step, self.services) for step in steps]
        self._lookout = Lookout(self.services, tell=tell, then=then)
        self._lookout.start()

    def _take_up(self) -> None:
        """Take up where the last run ended: connections are gone, queues follow the clinic."""
        settings = self.services.settings
        with write(self.services, actor=SYSTEM) as work:
            presence.begin_node(work, node=settings.node, grace_seconds=settings.offer_grace_seconds)
            promises.follow_all_queues(work)
            sweep.begin_sweeping(work)
            schedule_template.begin_keeping(work)
            parcel_asking.begin_following(work)
            outlooks.begin_looking(work, minutes=settings.remind_minutes)
            knowledge.follow_validity(work)
            review_keeping.schedule_nightly(work)
            recordings.begin_deleting(work)
            archiving.begin_archiving(work)
            retaining.begin_retaining(work)
            auditing.begin_anchoring(work)
            backups.begin_backups(work, hour=settings.backup_hour)
            backups.begin_watching(work)
            audit_desk.begin_checking(work)
            cloud_calls.begin_forgetting(work)

    async def _stop(self) -> None:
        await self._posts.close()
        if self._lookout is not None:
            await asyncio.to_thread(self._lookout.stop)
        self.services.bells.close()
        self._bot.stop()
        self._garbage.stop()
        await asyncio.to_thread(self.runner.stop)
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await asyncio.to_thread(self._push.close)
        self.services.store.engine.dispose()


class _LateBell:
    """The jobs port before the runner exists: services need the port, the runner needs the services."""

    runner: Jobs | None = None

    def wake(self) -> None:
        if self.runner is not None:
            self.runner.wake()
