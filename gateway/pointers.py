"""Where in the input an error is: msgspec's words and paths as RFC 6901 pointers and sentences."""

import re

from gateway.fields import SENTENCES

_PATH = re.compile(r" - at (?:`key` in )?`\$(?P<path>[^`]*)`$", re.DOTALL)
_STEP = re.compile(r"\.(?P<name>[^.\[\]]+)|\[(?P<index>\d+)\]")
_FIELD = re.compile(r"^Object (?:missing required|contains unknown) field `(?P<name>.*)`$", re.DOTALL)
_REGEX = "Expected `str` matching regex "


def pointer(*steps: str | int) -> str:
    """Return a JSON pointer, e.g. ``/orderItems/0/quantity``."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def locate(message: str) -> tuple[str, str]:
    """Split what msgspec says of a value into a pointer to it and a sentence about it."""
    match = _PATH.search(message)
    reason = message[: match.start()] if match else message
    steps: list[str | int] = list(_steps(match["path"])) if match else []
    if field := _FIELD.match(reason):
        steps.append(field["name"])
    return pointer(*steps), _sentence(reason)


def _steps(path: str) -> list[str]:
    """Return the steps up to the first that msgspec does not name, which it writes as ``[...]``."""
    known, _, _ = path.partition("[...]")
    return [match["name"] or match["index"] for match in _STEP.finditer(known)]


def _sentence(reason: str) -> str:
    if reason.startswith(_REGEX):
        return next((words for regex, words in SENTENCES.items() if repr(regex) in reason), "Expected other text")
    if _FIELD.match(reason):
        return "This field is missing" if "missing" in reason[:20] else "There is no such field"
    return reason.replace("`", "")
