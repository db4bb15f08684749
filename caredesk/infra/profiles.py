"""The one file that knows the size: which implementation stands behind each port."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from caredesk.conversations.pictures import BENCH
from caredesk.core.clock import Clock, ShiftedClock, SystemClock
from caredesk.core.ports import CallCentre, Jobs, Messenger, ParcelTracker, Push, Webhook, WebPush, WorkLogin
from caredesk.core.store import Store
from caredesk.edge.job_kinds import JobKind
from caredesk.edge.meters import Meters
from caredesk.edge.parcel_jobs import PUSH_PATH
from caredesk.edge.services import HookSecrets, Services
from caredesk.edge.signatures import keys_in
from caredesk.infra.anchors import AnchorBook
from caredesk.infra.backup.keeper import Keeper
from caredesk.infra.backup.source import unfinished_restore
from caredesk.infra.bot_index import HeldBot
from caredesk.infra.certificates import CertificateFolder
from caredesk.infra.engine import open_store
from caredesk.infra.files import FolderFiles, by_end
from caredesk.infra.hotline.cloud import CentreAccount, SevenMoor, Tccc
from caredesk.infra.hotline.cloud_sounds import VendorSounds
from caredesk.infra.incident_journal import IncidentJournal
from caredesk.infra.limits import open_limits
from caredesk.infra.master_keys import master_keys, personal_secrets
from caredesk.infra.messages.aliyun import AliyunSms
from caredesk.infra.messages.loopback import Reports
from caredesk.infra.messages.play import PlayMessenger, PlayProvider
from caredesk.infra.messages.wechat import WeChat
from caredesk.infra.oidc import sign_on_of
from caredesk.infra.parcels.kuaidi100 import Kuaidi100
from caredesk.infra.parcels.loopback import Loopback, LoopbackTracker, ship_demo
from caredesk.infra.probes import probes_of
from caredesk.infra.prompts import SpokenPrompts
from caredesk.infra.push import SocketPush
from caredesk.infra.quiet import NoJobs, NoPush
from caredesk.infra.runner import Runner
from caredesk.infra.sandbox_work import play_aside
from caredesk.infra.scanner import ClamAv
from caredesk.infra.sealed_files import SealedFolder
from caredesk.infra.secrets import secret_from
from caredesk.infra.standby import KeptStandby
from caredesk.infra.statements import watch_statements
from caredesk.infra.tracing import open_traces
from caredesk.infra.web_push import HttpWebPush, new_key
from caredesk.infra.webhook import HttpPostOffice, HttpWebhook
from caredesk.infra.wecom import WeCom
from caredesk.settings import Settings

if TYPE_CHECKING:
    from caredesk.infra.due_bell import DueBell
    from caredesk.infra.shared_push import SharedPush


def build_services(settings: Settings, *, push: Push | None = None, jobs: Jobs | None = None) -> Services:
    """Return the desk's services for the size that the settings describe.

    A process that serves browsers passes its own push and jobs; others (commands) tell those through Redis when there
    is one, else nobody, because stored events and catch-up repair that, and leave due jobs to who runs them.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    clock = _clock(settings)
    store = open_store(database_url(settings), secrets=personal_secrets(settings))
    bot = HeldBot(
        store,
        clock=clock,
        folder=settings.index_dir or settings.data_dir / "index",
        precision=settings.bot_precision,
    )
    return Services(
        settings=settings,
        identity_secret=settings.identity_secret.get_secret_value() or _made(settings, name="identity"),
        clock=clock,
        store=store,
        push=push or _command_push(settings),
        jobs=jobs or NoJobs(),
        limits=open_limits(settings),
        bot=bot,
        fhir_token=settings.fhir_token.get_secret_value() or _made(settings, name="fhir"),
        webhook=_webhook(settings, clock=clock),
        post_office=HttpPostOffice(clock, reach=settings.webhook_reach, seconds=settings.webhook_seconds),
        parcels=_parcels(settings, clock=clock),
        **_messengers(settings, clock=clock),
        web_push=_web_push(settings, clock=clock),
        staff_secret=settings.staff_identity_secret.get_secret_value() or _made(settings, name="staff_identity"),
        **_ways_in(settings, clock=clock),
        speech=SpokenPrompts(settings.data_dir / "prompts", command=settings.tts_command),
        vendor_recordings=_vendor_recordings(settings),
        call_centre=_call_centre(settings, clock=clock),
        **_watched(settings, store=store),
        probes=probes_of(settings, store=store, clock=clock, bot=bot),
        **_kept(settings),
        play=play_aside,
    )


def _kept(settings: Settings) -> dict[str, Any]:
    """Return who keeps what must not be lost: files, recordings, the audit's signatures, backups."""
    masters, data = master_keys(settings), settings.data_dir
    files = SealedFolder(data / "files", masters=masters, shelf_of=by_end, was_plain=True)
    return {
        "files": FolderFiles(files),
        "scanner": ClamAv(settings.scanner, seconds=settings.scanner_seconds) if settings.scanner else None,
        "recordings": SealedFolder(data / "recordings", masters=masters, secret=_made(settings, name="recordings")),
        "anchors": AnchorBook(settings.data_dir),
        "certificates": CertificateFolder(settings.data_dir),
        "backups": Keeper(settings),
    }


def _watched(settings: Settings, *, store: Store) -> dict[str, Any]:
    """Return where it is counted and traced what is done, with the statements of the store among it."""
    meters = Meters()
    watch_statements(store, meters=meters, slow_seconds=settings.slow_statement_seconds)
    meters.picture_bench.labels("at_work").set_function(lambda: BENCH.at_work)
    meters.picture_bench.labels("waiting").set_function(lambda: BENCH.waiting)
    return {"meters": meters, "traces": open_traces(settings, store=store)}


def open_push(settings: Settings) -> SocketPush | SharedPush:
    """Return the push of a process that serves browsers: shared through Redis when there is one."""
    local = SocketPush()
    if not settings.redis_url:
        return local
    # Redis's client comes with the extra `scaled` only.
    from caredesk.infra.shared_push import SharedPush  # noqa: PLC0415

    return SharedPush(local, url=settings.redis_url)


def open_standby(settings: Settings) -> KeptStandby:
    """Return who keeps the standby list of a process that serves browsers."""
    folder = SealedFolder(settings.data_dir / "standby", masters=master_keys(settings))
    return KeptStandby(folder, node=settings.node, clock=_clock(settings))


def open_journal(settings: Settings) -> IncidentJournal:
    """Return who keeps deeds about incidents while the database is away; of all processes that share the folder."""
    return IncidentJournal(settings.data_dir / "incident_journal", masters=master_keys(settings))


def open_runner(services: Services, *, kinds: Mapping[str, JobKind]) -> Runner | DueBell:
    """Return who sees to due jobs in a process that serves browsers: itself, or workers that are told."""
    if not services.settings.is_scaled:
        return Runner(services, kinds=kinds)
    from caredesk.infra.due_bell import DueBell  # noqa: PLC0415
    from caredesk.infra.job_shelf import JobShelf  # noqa: PLC0415

    return DueBell(JobShelf(services.settings.redis_url))


def what_size_lacks(settings: Settings) -> str:
    """Say in a sentence what the wanted size lacks here, without which nothing shall start; empty when nothing."""
    if unfinished_restore(settings.data_dir):
        return "A restore was cut off here. Do it again: caredesk backup restore (docs/backups.md)."
    if not settings.is_scaled:
        return ""
    if not settings.database_url.startswith("postgresql"):
        return "The scaled size needs PostgreSQL: set CAREDESK_DATABASE_URL=postgresql+psycopg://…"
    if not settings.redis_url:
        return "The scaled size needs Redis or Valkey: set CAREDESK_REDIS_URL=redis://…"
    if not all(importlib.util.find_spec(name) for name in ("psycopg", "redis", "rq")):
        return "The scaled size needs more packages: pip install 'caredesk[scaled]'"
    from caredesk.infra.reach import what_does_not_answer  # noqa: PLC0415

    return what_does_not_answer(database_url=settings.database_url, redis_url=settings.redis_url)


def _command_push(settings: Settings) -> Push:
    if not settings.redis_url:
        return NoPush()
    from caredesk.infra.shared_push import Announcer, AnnouncingPush  # noqa: PLC0415

    return AnnouncingPush(Announcer(settings.redis_url))


def database_url(settings: Settings) -> str:
    """Return where the rows are: the given URL, else a SQLite file in the data folder."""
    return settings.database_url or f"sqlite:///{database_file(settings)}"


def database_file(settings: Settings) -> Path:
    """Return the SQLite file of the embedded size."""
    return settings.data_dir.absolute() / "caredesk.db"


def _webhook(settings: Settings, *, clock: Clock) -> Webhook | None:
    if not settings.webhook_url:
        return None
    return HttpWebhook(
        settings.webhook_url,
        secret=settings.webhook_secret.get_secret_value() or _made(settings, name="webhook"),
        clock=clock,
        reach=settings.webhook_reach,
        seconds=settings.webhook_seconds,
    )


def _parcels(settings: Settings, *, clock: Clock) -> ParcelTracker | None:
    if not settings.parcel_service:
        return None
    salt = settings.parcel_salt.get_secret_value() or _made(settings, name="parcels")
    if settings.parcel_service == "loopback":
        return _loopback(settings, clock=clock, salt=salt)
    callback = f"{settings.public_url.rstrip('/')}{PUSH_PATH}" if settings.public_url else ""
    key = settings.parcel_key.get_secret_value()
    reach = settings.provider_reach
    return Kuaidi100(settings.parcel_url, settings.parcel_customer, key, salt, callback_url=callback, reach=reach)


def _loopback(settings: Settings, *, clock: Clock, salt: str) -> ParcelTracker:
    key = _made(settings, name="loopback_carrier")
    # The secret is as old as the demo: its parcels go on from there, also after a restart.
    made = (settings.data_dir / "secrets" / "loopback_carrier").stat().st_mtime
    began = datetime.fromtimestamp(made, UTC) + (clock.now() - SystemClock().now())
    return LoopbackTracker(Loopback(clock, key=key), salt=salt, shipped=lambda one: ship_demo(one, began=began))


def _vendor_recordings(settings: Settings) -> VendorSounds | None:
    if not settings.cloud_calls or not settings.cloud_recordings:
        return None
    return VendorSounds(settings.cloud_reach, seconds=settings.cloud_seconds)


def _call_centre(settings: Settings, *, clock: Clock) -> CallCentre | None:
    """Return who is asked for calls, when the call centre that pushes here has an address for that."""
    if not settings.cloud_calls or not settings.cloud_url:
        return None
    account = CentreAccount(
        settings.cloud_url,
        account=settings.cloud_account,
        key_id=settings.cloud_key_id,
        key=settings.cloud_key.get_secret_value(),
        agents=settings.cloud_agents,
        clock=clock,
        seconds=settings.cloud_seconds,
        reach=settings.provider_reach,
    )
    return Tccc(account) if settings.cloud_calls == "tccc" else SevenMoor(account)


def _messengers(settings: Settings, *, clock: Clock) -> dict[str, Any]:
    """Return both messengers and by what their receipts are known; without settings they are the demo's."""
    hooks = HookSecrets(
        sms=settings.sms_receipts.get_secret_value() or _made(settings, name="sms_receipts"),
        wechat=settings.wechat_token.get_secret_value() or _made(settings, name="wechat_token"),
        entered=settings.entered_secret.get_secret_value() or _made(settings, name="entered"),
        hotline=settings.hotline_secret.get_secret_value() or _made(settings, name="hotline"),
        cloud=settings.cloud_secret.get_secret_value() or _made(settings, name="cloud_calls"),
    )
    home = settings.public_url or f"http://{settings.host}:{settings.port}"
    sms, wechat = keys_in(hooks.sms)[0], keys_in(hooks.wechat)[0]
    reports = Reports(home, f"/hooks/sms/{sms}", wechat, clock)
    play = PlayProvider(clock, _made(settings, name="play_provider"), reports=reports)
    return {
        "sms": _sms(settings, clock=clock) or PlayMessenger(play, "sms"),
        "wechat": _wechat(settings, clock=clock) or PlayMessenger(play, "wechat"),
        "hooks": hooks,
    }


def _sms(settings: Settings, *, clock: Clock) -> Messenger | None:
    if not settings.sms_url:
        return None
    return AliyunSms(
        settings.sms_url,
        key_id=settings.sms_key_id,
        secret=settings.sms_key_secret.get_secret_value(),
        sign_name=settings.sms_sign,
        templates=templates_of(settings.sms_templates),
        clock=clock,
        seconds=settings.message_seconds,
        reach=settings.provider_reach,
    )


def _wechat(settings: Settings, *, clock: Clock) -> Messenger | None:
    if not settings.wechat_url:
        return None
    return WeChat(
        settings.wechat_url,
        app_id=settings.wechat_app_id,
        app_secret=settings.wechat_app_secret.get_secret_value(),
        templates=templates_of(settings.wechat_templates),
        page=f"{settings.public_url.rstrip('/')}/chat" if settings.public_url else "",
        clock=clock,
        seconds=settings.message_seconds,
        reach=settings.provider_reach,
    )


def _ways_in(settings: Settings, *, clock: Clock) -> dict[str, Any]:
    """Return who says of staff who they are, besides their passwords."""
    return {"work_login": _work_login(settings, clock=clock), "sign_on": sign_on_of(settings, clock=clock)}


def _work_login(settings: Settings, *, clock: Clock) -> WorkLogin | None:
    if not settings.wecom_corp_id:
        return None
    return WeCom(
        settings.wecom_url,
        door_url=settings.wecom_door,
        corp_id=settings.wecom_corp_id,
        agent_id=settings.wecom_agent_id,
        secret=settings.wecom_secret.get_secret_value(),
        clock=clock,
        seconds=settings.message_seconds,
        reach=settings.provider_reach,
    )


def _web_push(settings: Settings, *, clock: Clock) -> WebPush:
    home = settings.public_url if settings.public_url.startswith("https://") else ""
    return HttpWebPush(
        secret_from(settings.data_dir, name="vapid", make=new_key),
        contact=settings.push_contact or home.rstrip("/") or f"mailto:caredesk@{settings.host}",
        clock=clock,
        hosts=settings.push_hosts.split(),
        reach=settings.push_reach,
        seconds=settings.push_seconds,
    )


def templates_of(written: str) -> dict[str, str]:
    """Return templates by text key from `text=template text=template`; what is no pair is left out."""
    pairs = (pair.partition("=") for pair in written.split())
    return {text: template for text, equals, template in pairs if equals and template}


def _clock(settings: Settings) -> Clock:
    return ShiftedClock(settings.clock_file) if settings.clock_file else SystemClock()


def _made(settings: Settings, *, name: str) -> str:
    return secret_from(settings.data_dir, name=name)
