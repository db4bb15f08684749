"""What the libraries that read zipped Office documents raise when one is broken, beside what they mean to raise."""

from __future__ import annotations

import zipfile
import zlib

BROKEN: tuple[type[Exception], ...] = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    # Broken XML, of the standard library's parser and of lxml's, whichever the library took.
    SyntaxError,
    # A part that is missing, or that holds something else than it should, is met deep inside.
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    RecursionError,
    TypeError,
    ValueError,
)
