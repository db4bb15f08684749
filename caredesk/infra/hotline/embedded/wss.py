"""Browser phones: SIP over secure WebSockets (RFC 7118), with word of every socket that closes."""

from __future__ import annotations

import datetime as dt
import ipaddress
import logging
import os
import socket
import warnings
from collections.abc import Callable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sippy.Core.EventDispatcher import ED2

from caredesk.infra.hotline.embedded.sip import Sip, probe_port

with warnings.catch_warnings():
    # sippy 2.5.0 speaks to an older face of websockets, which websockets 17 still has.
    warnings.simplefilter("ignore", DeprecationWarning)
    from sippy.Wss_server import WebSocketServerProtocol, Wss_server, Wss_server_opts

log = logging.getLogger(__name__)

OnClosed = Callable[[str], None]
VALID_DAYS = 3650


class BrowserServer(Wss_server):
    """sippy's WebSocket server, which also tells that a browser is gone."""

    def __init__(self, sip: Sip, *, port: int, certificate: Path, key: Path, on_closed: OnClosed) -> None:
        """Listen for browsers on the SIP stack's host; raise `PortTaken` when another program does."""
        probe_port(sip.host, port, kind=socket.SOCK_STREAM)
        self._on_closed = on_closed
        options = Wss_server_opts(
            (sip.host, port), sip.config["_sip_tm"].handleIncoming, certfile=str(certificate), keyfile=str(key)
        )
        super().__init__(sip.config, options)
        sip.config["_wss_server"] = self

    async def ws_to_sip(self, websocket: WebSocketServerProtocol) -> None:
        """Carry one browser's messages until its socket closes."""
        try:
            await super().ws_to_sip(websocket)
        finally:
            ED2.callFromThread(self._on_closed, f"{websocket.id}.invalid")


def certificate_in(folder: Path, *, names: list[str], now: dt.datetime) -> tuple[Path, Path]:
    """Return a certificate and its key in a folder, self-signed and made there at the first start.

    Good for trying it out: a hospital gives its own, or browsers refuse the socket without a word.
    """
    certificate, key = folder / "wss.crt", folder / "wss.key"
    if certificate.exists() and key.exists():
        return certificate, key
    secret = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "caredesk hotline")])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName([_name(one) for one in names]), critical=False)
        .sign(secret, hashes.SHA256())
    )
    descriptor = os.open(key, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(
            secret.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    log.info("made a certificate for browser phones", extra={"names": len(names)})
    return certificate, key


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)
