"""What errors have in common: the words without whatever names one message, so that one cause is one group."""

import re
from hashlib import blake2b

_MARK = "#"
_WORD = r"[\w-]*\d[\w-]*"
_PARTICULAR = re.compile(rf"{_WORD}(?:[.,:/+@]{_WORD})*")
"""Anything with a digit in it: ids, numbers, times, addresses."""


def pattern(error: str) -> str:
    """Return ``error`` with ids and numbers replaced."""
    return _PARTICULAR.sub(_MARK, error)


def group_key(queue: str, error_pattern: str) -> str:
    """Return a short name for a group, to be typed by a person."""
    return blake2b(f"{queue} {error_pattern}".encode(), digest_size=4).hexdigest()
