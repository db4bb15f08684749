"""G.711 as ITU-T writes it: A-law (payload type 8) and µ-law (payload type 0), by tables over all 16-bit samples."""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt

Codec = Literal[0, 8]
"""RTP payload type (RFC 3551): 0 is PCMU, 8 is PCMA."""
CODECS: tuple[Codec, ...] = (8, 0)
"""In the order in which we choose; China's lines are A-law."""

Samples = npt.NDArray[np.int16]
RATE = 8000


def encode(samples: Samples, *, codec: Codec) -> bytes:
    """Return the sound in one byte for each sample."""
    return _encoder(codec)[samples.astype(np.int32) + 32768].tobytes()


def decode(data: bytes, *, codec: Codec) -> Samples:
    """Return the 16-bit samples of encoded sound."""
    return _decoder(codec)[np.frombuffer(data, dtype=np.uint8)]


@cache
def _decoder(codec: Codec) -> Samples:
    return np.array([_a_law(code) if codec == 8 else _mu_law(code) for code in range(256)], dtype=np.int16)


@cache
def _encoder(codec: Codec) -> npt.NDArray[np.uint8]:
    """Each sample's code is the one whose value is nearest, found between the middles of neighbouring values."""
    values = _decoder(codec).astype(np.int32)
    order = np.argsort(values, kind="stable")
    middles = (values[order][1:] + values[order][:-1]) // 2
    place = np.searchsorted(middles, np.arange(-32768, 32768), side="left")
    return order[place].astype(np.uint8)


def _a_law(code: int) -> int:
    code ^= 0x55
    segment, step = (code >> 4) & 7, code & 15
    value = (step << 4) + 8 if segment == 0 else ((step << 4) + 0x108) << (segment - 1)
    return value if code & 0x80 else -value


def _mu_law(code: int) -> int:
    code = ~code & 0xFF
    value = ((((code & 15) << 3) + 0x84) << ((code >> 4) & 7)) - 0x84
    return -value if code & 0x80 else value
