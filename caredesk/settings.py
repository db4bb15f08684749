"""Every setting once: type, default, one-line meaning. Read from `CAREDESK_*` by the composition root only."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

Reach = Literal["public", "private", "loopback"]
BucketStyle = Literal["path", "host"]
"""How near an address may be that the desk sends to."""


class Settings(BaseSettings):
    """The desk's configuration. The defaults start the embedded size with no settings at all."""

    model_config = SettingsConfigDict(env_prefix="CAREDESK_", frozen=True, extra="ignore")

    data_dir: Path = Field(Path("caredesk-data"), description="Folder of all state: database, secrets, pictures.")
    database_url: str = Field("", description="SQLAlchemy URL; empty means a SQLite file in the data folder.")
    redis_url: str = Field(
        "", description="Redis URL: what several processes count and tell their screens together; empty: one process."
    )
    size: Literal["auto", "embedded", "scaled"] = Field(
        "auto",
        description="Who runs jobs. embedded: each `caredesk run` itself; scaled: `caredesk worker` and `caredesk "
        "timer`; auto: scaled when PostgreSQL and Redis are both set.",
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(5000, ge=0, le=65535, description="Port to listen on.")
    node: str = Field("main", max_length=40, description="Name of this process among several on one database.")
    http_threads: int = Field(12, ge=2, description="Threads that answer HTTP requests.")
    job_threads: int = Field(3, ge=1, description="Threads that run due jobs.")
    log_level: str = Field("INFO", description="Lowest level that is logged.")
    log_requests: bool = Field(False, description="Whether every request is logged, one line each.")
    slow_statement_seconds: float = Field(
        0.5, ge=0, description="Seconds after which an SQL statement is logged, without its parameters; 0: never."
    )
    metrics_port: int = Field(
        0, ge=0, le=65535, description="Port on this machine where a worker or timer shows its metrics; 0: none."
    )
    otlp_endpoint: str = Field(
        "",
        description="Collector that traces are sent to over OTLP/HTTP; empty: none, or what the OTEL_* variables say.",
    )
    index_dir: Path | None = Field(
        None, description="Folder that keeps learned bot indexes; empty: in the data folder."
    )
    bot_precision: float = Field(
        0.95, ge=0.5, le=1.0, description="Share of the bot's answers that should be right; it is silent otherwise."
    )
    clock_file: Path | None = Field(None, description="JSON file with `shift_seconds`, for drills and tests.")
    public_url: str = Field("", description="Address under which browsers reach the desk, if not the listening one.")
    trusted_proxies: int = Field(0, ge=0, description="Reverse proxies in front whose X-Forwarded-* are believed.")
    contact_mail: str = Field(
        "",
        max_length=100,
        description="The hospital's mail address that parents are shown when the desk cannot be reached; empty: none.",
    )
    embed_origins: str = Field("", description="Sites, separated by spaces, that may embed the parent's page.")
    secure_cookies: bool = Field(False, description="Send cookies over HTTPS only; switch on behind TLS.")
    personal_keys: SecretStr = Field(
        SecretStr(""),
        description="Master keys of families' data, separated by spaces, newest first; empty: made on first start.",
    )
    personal_index_secret: SecretStr = Field(
        SecretStr(""),
        description="Secret behind the search in families' data; never change it. Empty: made on first start.",
    )
    identity_secret: SecretStr = Field(
        SecretStr(""), description="Shared secret of signed family identities; empty: made on first start."
    )
    identity_max_age: int = Field(600, ge=30, description="Longest accepted life of a signed identity, seconds.")
    staff_identity_secret: SecretStr = Field(
        SecretStr(""), description="Shared secret of the hospital's tokens for its staff; empty: made on first start."
    )
    wecom_corp_id: str = Field("", description="The hospital's id at WeCom (企业微信); empty: nobody signs in by it.")
    wecom_agent_id: str = Field("", description="The number of the hospital's own application at WeCom.")
    wecom_secret: SecretStr = Field(SecretStr(""), description="The secret of that application.")
    wecom_url: str = Field("https://qyapi.weixin.qq.com", description="Address of WeCom's interface.")
    wecom_door: str = Field(
        "https://open.weixin.qq.com/connect/oauth2/authorize", description="Where WeCom asks people who they are."
    )
    oidc_issuer: str = Field(
        "",
        description="Issuer of the hospital's provider of identities (OpenID Connect); empty: no sign-in by it.",
    )
    oidc_client_id: str = Field("", description="The desk's id at that provider.")
    oidc_secret_file: Path | None = Field(None, description="File with the desk's secret there; none: PKCE alone.")
    oidc_login_claim: str = Field(
        "preferred_username", description="Claim that names the login; `email` counts only when it was verified."
    )
    oidc_reach: Reach = Field(
        "public", description="How near that provider may be: public, the hospital's private net, or this machine."
    )
    fhir_token: SecretStr = Field(
        SecretStr(""), description="Token of the hospital's own system for `/fhir`; empty: made on first start."
    )
    session_hours: int = Field(12, ge=1, description="Hours until a staff session must sign in again.")
    session_idle_minutes: int = Field(120, ge=5, description="Minutes without a request that end a staff session.")
    idle_lock_minutes: int = Field(
        15,
        ge=0,
        le=720,
        description="Minutes without a deed of a person that lock a staff session; calls keep it open; 0: never.",
    )
    sign_in_attempts: int = Field(5, ge=1, description="Failed sign-ins of one account before it is locked.")
    sign_in_lock_minutes: int = Field(
        15, ge=1, description="Minutes of the first lock; each further failure doubles it, up to eightfold."
    )
    password_days: int = Field(
        0, ge=0, le=3650, description="Days after which staff must choose a new password; 0: never for its age."
    )
    message_characters: int = Field(2000, ge=100, description="Longest message, characters.")
    picture_bytes: int = Field(5_000_000, ge=10_000, description="Largest picture, bytes.")
    request_bytes: int = Field(6_000_000, ge=10_000, description="Largest request body, bytes.")
    scanner: str = Field(
        "",
        pattern=r"^(|/.+|.+:\d{1,5})$",
        description="Malware scanner: `host:port` of ClamAV's clamd, or its socket's path; empty: none.",
    )
    scanner_seconds: float = Field(15.0, gt=0, le=60, description="Seconds that the scanner may take for a file.")
    visitor_messages_per_minute: int = Field(30, ge=1, description="Messages one visitor may send in a minute.")
    visitors_per_minute: int = Field(60, ge=1, description="New visitors one address may open in a minute.")
    offer_grace_seconds: int = Field(20, ge=1, description="Seconds without a connection until an agent is offline.")
    webhook_url: str = Field(
        "", description="Address that alerts nobody looks after are posted to, signed; empty: none."
    )
    webhook_secret: SecretStr = Field(
        SecretStr(""), description="Shared secret that signs what is posted; empty: made on first start."
    )
    webhook_reach: Reach = Field(
        "public", description="How near that address may be: public, the hospital's private net, or this machine."
    )
    webhook_seconds: float = Field(5.0, gt=0, le=60, description="Seconds that the receiver may take to answer.")
    parcel_service: Literal["", "kuaidi100", "loopback"] = Field(
        "", description="Who is asked where parcels are; empty: nobody. `loopback` is the demo's own carrier."
    )
    parcel_customer: str = Field("", description="The hospital's customer number at 快递100.")
    parcel_key: SecretStr = Field(SecretStr(""), description="The hospital's key at 快递100; it signs every question.")
    parcel_salt: SecretStr = Field(
        SecretStr(""), description="Secret that signs what 快递100 pushes; empty: made on first start."
    )
    parcel_url: str = Field("https://poll.kuaidi100.com", description="Address of 快递100's interface.")
    parcel_pause_minutes: int = Field(
        30, ge=1, description="Minutes between two questions about one parcel; 快递100 locks what is asked more often."
    )
    parcel_every_minutes: int = Field(
        360, ge=10, description="Minutes after which a parcel under way is asked about again by itself."
    )
    parcel_stuck_days: int = Field(
        3, ge=1, le=14, description="Days without a move after which a parcel becomes work for the assistants."
    )
    sms_url: str = Field(
        "", description="Address of the SMS service (Alibaba Cloud's SendSms); empty: none, in a demo a play one."
    )
    sms_key_id: str = Field("", description="The hospital's access key at the SMS service.")
    sms_key_secret: SecretStr = Field(SecretStr(""), description="The secret of that key; it signs every SMS.")
    sms_sign: str = Field("", description="The registered name under which SMS are sent.")
    sms_templates: str = Field(
        "", description="Registered SMS templates by text: `call_up=SMS_1 call_up_plain=SMS_2 reminder=SMS_3`."
    )
    sms_receipts: SecretStr = Field(
        SecretStr(""), description="Last step of `/hooks/sms/…`, where SMS receipts come; empty: made on first start."
    )
    wechat_url: str = Field(
        "", description="Address of WeChat's interface, `https://api.weixin.qq.com`; empty: none, in a demo a play one."
    )
    wechat_app_id: str = Field("", description="The official account's app id.")
    wechat_app_secret: SecretStr = Field(SecretStr(""), description="The official account's app secret.")
    wechat_templates: str = Field("", description="Registered WeChat templates by text, written as for SMS.")
    wechat_token: SecretStr = Field(
        SecretStr(""), description="Token that signs what WeChat pushes to `/hooks/wechat`; empty: made on first start."
    )
    entered_secret: SecretStr = Field(
        SecretStr(""), description="Secret that signs what comes to `/hooks/entered`; empty: made on first start."
    )
    message_seconds: float = Field(3.0, gt=0, le=30, description="Seconds that a provider of messages may take.")
    provider_reach: Reach = Field(
        "public",
        description="How near those may be that the desk asks (SMS, WeChat, WeCom, parcels, the call centre): public, "
        "the hospital's private net, or this machine.",
    )
    remind_minutes: int = Field(
        0, ge=0, le=60, description="Minutes before a visit when who will hardly be online is reminded; 0: nobody is."
    )
    push_hosts: str = Field(
        "", description="Hosts of push services, separated by spaces, `*.` for any below; empty: every public one."
    )
    push_reach: Reach = Field(
        "public", description="How near a push service may be: public, the hospital's private net, or this machine."
    )
    push_contact: str = Field(
        "",
        description="Whom push services ask about this desk: `mailto:` or `https:`; empty: the desk's public address.",
    )
    push_seconds: float = Field(5.0, gt=0, le=30, description="Seconds that a push service may take.")
    reveal_minutes: int = Field(5, ge=1, description="Minutes that a revealed personal value stays readable.")
    reveals_per_hour: int = Field(60, ge=1, description="Personal values one member of staff may reveal in an hour.")
    four_eyes: bool = Field(
        True, description="Whether a change of the knowledge base needs a second person before it is published."
    )
    regression_limit: float = Field(
        0.02, ge=0, le=1, description="Share of right answers that a publication may lose before it is blocked."
    )
    hotline_secret: SecretStr = Field(
        SecretStr(""), description="Secret shared with the telephone engine (`caredesk hotline`); empty: made at start."
    )
    hotline_desk_url: str = Field(
        "", description="Address of the desk for `caredesk hotline`; empty: this machine, at the desk's port."
    )
    hotline_sip_host: str = Field(
        "127.0.0.1", description="Address on which the hotline takes SIP, browsers and sound; 0.0.0.0: all."
    )
    hotline_sip_port: int = Field(5060, ge=1, le=65535, description="UDP port of the hotline for the trunk and phones.")
    hotline_wss_port: int = Field(7443, ge=0, le=65535, description="Port for browser phones (WSS); 0: none.")
    hotline_public_address: str = Field(
        "", description="Address under which trunk and phones reach the hotline behind a router, if not its own."
    )
    hotline_trunk_addresses: str = Field(
        "127.0.0.1", description="The carrier's addresses, `host[:port] …`: calls come from them, go to the first."
    )
    hotline_trunk_user: str = Field("", description="User at the carrier, for calls that it wants proved; empty: none.")
    hotline_trunk_password: SecretStr = Field(SecretStr(""), description="Password of that user.")
    hotline_trunk_register: bool = Field(False, description="Whether the hotline registers at the carrier.")
    hotline_calls: int = Field(200, ge=1, le=2000, description="Calls at once; one more is refused with 503.")
    hotline_rtp_ports: str = Field(
        "20000-29999", pattern=r"^\d{4,5}-\d{4,5}$", description="UDP ports of the sound; a call takes up to ten."
    )
    hotline_certificate: Path | None = Field(
        None, description="Certificate for browser phones (PEM); empty: one signed by itself, made at first start."
    )
    hotline_certificate_key: Path | None = Field(None, description="The certificate's key (PEM).")
    freeswitch_address: str = Field(
        "127.0.0.1:8021", pattern=r"^[^:]*:\d{1,5}$", description="Where FreeSWITCH's event socket listens."
    )
    freeswitch_password: SecretStr = Field(SecretStr(""), description="Password of that event socket.")
    freeswitch_domain: str = Field("caredesk", description="Domain of the phones in FreeSWITCH's directory.")
    freeswitch_gateway: str = Field("carrier", description="FreeSWITCH's gateway to the carrier, for calls out.")
    freeswitch_folder: Path | None = Field(
        None,
        description="Folder that this engine and FreeSWITCH share; empty: one in the data folder.",
    )
    cloud_calls: Literal["", "seven_moor", "tccc"] = Field(
        "", description="Cloud call centre whose pushes are taken: `seven_moor` or `tccc`; empty: none."
    )
    cloud_secret: SecretStr = Field(
        SecretStr(""), description="What that call centre shows with each push; empty: made on first start."
    )
    cloud_url: str = Field(
        "", description="Address of the call centre's interface, for calls that the desk asks for; empty: none."
    )
    cloud_account: str = Field("", description="The hospital's account there: 7moor's account, TCCC's application.")
    cloud_key_id: str = Field("", description="The hospital's key there: 7moor's app key, TCCC's secret id.")
    cloud_key: SecretStr = Field(SecretStr(""), description="The secret of that key; it signs every question.")
    cloud_agents: str = Field(
        "{login}", description="How the call centre names our agents: `{login}` and `{phone}` stand for ours."
    )
    cloud_seconds: float = Field(5.0, gt=0, le=30, description="Seconds that the call centre may take to answer.")
    cloud_recordings: bool = Field(
        True, description="Fetch the call centre's recordings from where its pushes say, and keep them like our own."
    )
    cloud_reach: Reach = Field(
        "public", description="How near those may be: public, the hospital's private net, or this machine."
    )
    cloud_push_days: int = Field(
        30, ge=1, description="Days that a call centre's pushes are kept as they came; they name callers."
    )
    tts_command: str = Field(
        "espeak-ng -v cmn --stdin --stdout",
        description="Program that reads words and writes a WAV file; it speaks the hotline's prompts. Empty: tones.",
    )
    archive_months: int = Field(
        14,
        ge=2,
        le=1200,
        description="Whole months after which the timelines of closed conversations are archived.",
    )
    recording_days: int = Field(
        1095, ge=1, description="Days that recordings of calls are kept (audio: three years) before they are deleted."
    )
    backup_folder: Path | None = Field(
        None, description="Folder that backups go to, best on another machine; empty: `backups` in the data folder."
    )
    backup_key: str = Field(
        "", description="Public key (`age1…`) that backups are sealed to; empty: what `caredesk backup key` left here."
    )
    backup_pg_tools: Path | None = Field(
        None, description="Folder of `pg_dump` and `psql`, not older than the server; empty: as the system finds them."
    )
    backup_hour: int = Field(
        2, ge=-1, le=23, description="Hour of the clinic's day at which a backup is made; -1: none."
    )
    backup_keep_daily: int = Field(7, ge=1, description="Days of which the newest backup is kept.")
    backup_keep_weekly: int = Field(5, ge=0, description="Weeks of which the newest backup is kept.")
    backup_keep_monthly: int = Field(12, ge=0, description="Months of which the newest backup is kept.")
    backup_drill_days: int = Field(35, ge=1, description="Days after which another restore drill is due.")
    backup_s3_url: str = Field(
        "", description="Address of a storage that speaks S3; backups go there and not to the folder. Empty: none."
    )
    backup_s3_bucket: str = Field("", description="The bucket of the backups; it must be there.")
    backup_s3_prefix: str = Field(
        "", description="Below which name in the bucket the backups lie, where several desks share it."
    )
    backup_s3_region: str = Field("us-east-1", description="The storage's region, as its signatures name it.")
    backup_s3_style: BucketStyle = Field(
        "path", description="Where the bucket's name stands: `path`, or before the `host` (Alibaba OSS, Tencent COS)."
    )
    backup_s3_key_id: str = Field("", description="The id of the key that may read, write, list and delete there.")
    backup_s3_key: SecretStr = Field(SecretStr(""), description="The secret of that key.")
    backup_s3_key_file: Path | None = Field(None, description="File with that secret, instead of the setting.")
    backup_s3_reach: Reach = Field(
        "public", description="How near the storage may be: public, the hospital's private net, or this machine."
    )
    backup_s3_seconds: float = Field(120.0, gt=0, le=3600, description="Seconds that one request to it may take.")
    backup_s3_part_mib: int = Field(
        16, ge=5, le=1024, description="MiB of a part; each is sent, and tried again, by itself, and held in memory."
    )
    backup_s3_lock: Literal["", "governance", "compliance"] = Field(
        "", description="Have the storage refuse to delete a backup (object lock); the bucket must allow it. Empty: no."
    )
    backup_s3_lock_days: int = Field(30, ge=1, le=3650, description="Days that such a lock holds.")

    @property
    def hotline_desk(self) -> str:
        """Where `caredesk hotline` finds the desk."""
        everywhere = self.host in ("0.0.0.0", "::")  # noqa: S104 (what a setting may say)
        return self.hotline_desk_url or f"http://{'127.0.0.1' if everywhere else self.host}:{self.port}"

    @property
    def is_scaled(self) -> bool:
        """Whether jobs are left to workers and timers: by the size that is set, else by what is there for them."""
        if self.size == "auto":
            return self.database_url.startswith("postgresql") and bool(self.redis_url)
        return self.size == "scaled"
