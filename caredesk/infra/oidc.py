"""Sign-in by the hospital's own provider of identities (OpenID Connect Core 1.0, code flow with PKCE, RFC 7636).

What the provider says is believed as far as it is signed by a key of its own: which login somebody has. Addresses are
read from its discovery document and reached through the one door (docs/decisions/0039).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import jwt

from caredesk.core.clock import Clock
from caredesk.core.ids import token_hash
from caredesk.core.ports import SignOnUser
from caredesk.infra.outside import Answered, FetchLimits, ask_outside
from caredesk.settings import Reach, Settings

ALGORITHMS = {"RSA": ("RS256", "PS256"), "EC": ("ES256",)}
"""By the kind of key, so that neither `none` nor a public key taken for a shared secret (RFC 8725) passes."""
KNOWN_FOR = timedelta(hours=1)
ASKED_AGAIN = timedelta(minutes=1)
"""A key that is not known has the keys fetched anew, at most this often: a forged name must not make us ask all day."""
LEEWAY = timedelta(seconds=30)
OLDEST = timedelta(minutes=10)
LONGEST_LOGIN = 60
MOST_READ = 200_000


class _ProviderFault(Exception):
    """The provider did not answer, or not as the standard says."""


class _TokenFault(Exception):
    """The token is not the provider's, not for us, not for this sign-in, or too old."""


@dataclass
class _Known:
    """What was learned of the provider, and when."""

    document: dict[str, Any] = field(default_factory=dict)
    keys: list[dict[str, Any]] = field(default_factory=list)
    at: datetime | None = None


@dataclass(frozen=True)
class OpenId:
    """One client at one provider. `claim` names the login; an `email` counts only when it was verified."""

    issuer: str
    client_id: str
    secret: str
    claim: str
    clock: Clock
    seconds: float = 5.0
    reach: Reach = "public"
    _known: _Known = field(default_factory=_Known, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def door(self, *, back: str, state: str, nonce: str, verifier: str) -> str:
        """Return the address at which people sign in; empty while the provider cannot be asked for it."""
        try:
            where = self._endpoint("authorization_endpoint")
        except _ProviderFault:
            return ""
        challenge = _b64(hashlib.sha256(verifier.encode()).digest())
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": back,
            "scope": f"openid {'email' if self.claim == 'email' else 'profile'}",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{where}{'&' if urlsplit(where).query else '?'}{urlencode(asked)}"

    def user_of(self, *, code: str, back: str, nonce: str, verifier: str) -> SignOnUser:
        """Return whom the provider names for a code, which it takes once; or the code of what was wrong."""
        try:
            answer = self._redeem(code, back=back, verifier=verifier)
            if answer.status in (400, 401):
                return SignOnUser(error="code")
            token = _object(answer).get("id_token")
            if answer.status != 200 or not isinstance(token, str):
                return SignOnUser(error="provider")
            claims = self._claims(token, nonce=nonce)
        except _ProviderFault:
            return SignOnUser(error="provider")
        except _TokenFault:
            return SignOnUser(error="token")
        login = _login_of(claims, claim=self.claim)
        expires_at = self.clock.now() + OLDEST
        return SignOnUser(login, token_hash(token), expires_at, has_two_steps=_has_two_steps(claims))

    def farewell(self, *, back: str) -> str:
        """Return where the provider signs people out (RP-Initiated Logout 1.0); empty when it has no such place."""
        try:
            where = self._endpoint("end_session_endpoint")
        except _ProviderFault:
            return ""
        return f"{where}?{urlencode({'client_id': self.client_id, 'post_logout_redirect_uri': back})}"

    # ---- asking --------------------------------------------------------------------------------------------

    def _redeem(self, code: str, *, back: str, verifier: str) -> Answered:
        wish = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if self.secret:
            pair = f"{quote(self.client_id, safe='')}:{quote(self.secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            wish["client_id"] = self.client_id
        return self._ask(self._endpoint("token_endpoint"), body=urlencode(wish).encode(), headers=headers)

    def _endpoint(self, name: str) -> str:
        where = self._discovered().get(name)
        if not isinstance(where, str) or not where:
            raise _ProviderFault
        return where

    def _discovered(self) -> dict[str, Any]:
        with self._lock:
            known, now = self._known, self.clock.now()
            if known.at is None or now - known.at > KNOWN_FOR:
                self._learn(now)
            return known.document

    def _learn(self, now: datetime) -> None:
        document = _object(self._ask(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"))
        # Another issuer's document would have its tokens believed here (OpenID Connect Discovery 1.0, 4.3).
        if document.get("issuer") != self.issuer or "S256" not in _words(document, "code_challenge_methods_supported"):
            raise _ProviderFault
        keys = _object(self._ask(str(document.get("jwks_uri", "")))).get("keys")
        if not isinstance(keys, list):
            raise _ProviderFault
        self._known.document, self._known.at = document, now
        self._known.keys = [key for key in keys if isinstance(key, dict) and key.get("kty") in ALGORITHMS]

    def _key(self, kid: object) -> dict[str, Any]:
        """Return the key of a name, asking the provider again when it is new; without a name, its only one."""
        self._discovered()
        with self._lock:
            found = _named(self._known.keys, kid=kid)
            now = self.clock.now()
            if found is None and self._known.at is not None and now - self._known.at >= ASKED_AGAIN:
                self._learn(now)
                found = _named(self._known.keys, kid=kid)
        if found is None:
            raise _TokenFault
        return found

    def _ask(self, url: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answered:
        limits = FetchLimits(MOST_READ, self.seconds, self.seconds)
        said = {"Accept": "application/json"} if headers is None else headers
        method = "POST" if body else "GET"
        answer = ask_outside(url, method=method, body=body, headers=said, reach=self.reach, limits=limits)
        if answer.fault:
            raise _ProviderFault
        return answer

    # ---- believing -----------------------------------------------------------------------------------------

    def _claims(self, token: str, *, nonce: str) -> dict[str, Any]:
        try:
            key = self._key(jwt.get_unverified_header(token).get("kid"))
            claims: dict[str, Any] = jwt.decode(
                token,
                jwt.PyJWK.from_dict(key, algorithm=_algorithm(token, key=key)).key,
                algorithms=list(ALGORITHMS[key["kty"]]),
                audience=self.client_id,
                issuer=self.issuer,
                # Times are compared with the desk's own clock below.
                options={"require": ["iss", "sub", "aud", "iat", "exp"], "verify_exp": False, "verify_iat": False},
            )
        except (jwt.PyJWTError, ValueError, TypeError, KeyError) as fault:
            raise _TokenFault from fault
        self._check(claims, nonce=nonce)
        return claims

    def _check(self, claims: dict[str, Any], *, nonce: str) -> None:
        said = claims.get("nonce")
        ours = isinstance(said, str) and hmac.compare_digest(said.encode(), nonce.encode())
        for_us_alone = not isinstance(claims["aud"], list) or len(claims["aud"]) == 1
        now = self.clock.now().timestamp()
        issued, expires = _seconds(claims["iat"]), _seconds(claims["exp"])
        in_time = now - OLDEST.total_seconds() <= issued <= now + LEEWAY.total_seconds()
        alive = now <= expires + LEEWAY.total_seconds()
        if not (ours and in_time and alive and (for_us_alone or claims.get("azp") == self.client_id)):
            raise _TokenFault


def sign_on_of(settings: Settings, *, clock: Clock) -> OpenId | None:
    """Return the provider that the settings name, or None. Its secret is read from a file, once."""
    if not settings.oidc_issuer:
        return None
    file = settings.oidc_secret_file
    return OpenId(
        settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        secret=file.read_text("utf-8").strip() if file is not None else "",
        claim=settings.oidc_login_claim,
        clock=clock,
        reach=settings.oidc_reach,
    )


def _algorithm(token: str, *, key: dict[str, Any]) -> str:
    algorithm = jwt.get_unverified_header(token).get("alg")
    if algorithm not in ALGORITHMS[key["kty"]]:
        raise _TokenFault
    return str(algorithm)


def _named(keys: list[dict[str, Any]], *, kid: object) -> dict[str, Any] | None:
    if kid is None:
        return keys[0] if len(keys) == 1 else None
    return next((key for key in keys if key.get("kid") == kid), None)


def _login_of(claims: dict[str, Any], *, claim: str) -> str:
    login = claims.get(claim)
    if not isinstance(login, str) or len(login) > LONGEST_LOGIN:
        return ""
    return "" if claim == "email" and claims.get("email_verified") is not True else login


def _has_two_steps(claims: dict[str, Any]) -> bool:
    """Tell whether the provider says that more than a password was asked for (RFC 8176)."""
    return "mfa" in _words(claims, "amr")


def _words(document: Mapping[str, Any], name: str) -> list[Any]:
    words = document.get(name)
    return words if isinstance(words, list) else []


def _object(answer: Answered) -> dict[str, Any]:
    try:
        read = json.loads(answer.content)
    except (ValueError, RecursionError):
        raise _ProviderFault from None
    if not isinstance(read, dict):
        raise _ProviderFault
    return read


def _seconds(claim: object) -> float:
    # JSON as it is read here also knows NaN, which no limit exceeds.
    if isinstance(claim, bool) or not isinstance(claim, int):
        raise _TokenFault
    return float(claim)


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
