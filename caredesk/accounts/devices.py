"""What a session says of its browser and address; apart from the rules because it is about the words browsers send."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

# The first that fits: Edge and WeChat say that they are Chrome too, Chrome that it is Safari.
_BROWSERS = (
    ("wechat", "MicroMessenger/"),
    ("edge", "Edg(?:e|A|iOS)?/"),
    ("firefox", "Firefox/|FxiOS/"),
    ("chrome", "Chrome/|CriOS/|Chromium/"),
    ("safari", "Safari/"),
)
_SYSTEMS = (
    ("harmony", "HarmonyOS|OpenHarmony"),
    ("android", "Android"),
    ("ios", "iPhone|iPad|iPod"),
    ("windows", "Windows"),
    ("macos", "Macintosh"),
    ("linux", "Linux|X11"),
)


@dataclass(frozen=True)
class Device:
    """A browser and the system it runs on, as codes; `other` when it does not say."""

    browser: str
    system: str


def device_of(user_agent: str) -> Device:
    """Return what a `User-Agent` says."""
    return Device(_first(_BROWSERS, text=user_agent), _first(_SYSTEMS, text=user_agent))


def _first(known: tuple[tuple[str, str], ...], *, text: str) -> str:
    return next((name for name, pattern in known if re.search(pattern, text)), "other")


def masked_address(address: str) -> str:
    """Return an address by which people know their own place and nobody else's: the network, without the machine."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(ip_network((parsed, 48), strict=False).network_address) + "*"
    first, second, *_ = str(parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else parsed).split(".")
    return f"{first}.{second}.*.*"


def address_key(address: str) -> str:
    """Return an address as it is counted: one IPv6 household has a whole /64 to choose from."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or ip_network((parsed, 64), strict=False))
    return str(parsed)
