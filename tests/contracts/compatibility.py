"""Telling whether two versions of a message can be in use at once: as workers are replaced, each reads the other's.

The schemas are msgspec's. What one version has written the other must be able to read, and read as the same: a field
keeps its name and its type for ever, a new one has a default, and whoever wants another meaning makes another message.
"""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]
STRUCT, LIST, MAP = "struct", "list", "map"
_MISSING = object()


def breaks(old: Schema, new: Schema) -> list[str]:
    """Return what whoever runs the other version would trip over, a sentence for each; none means compatible."""
    return list(_Comparison(old, new).differences(old, new, at=""))


class _Comparison:
    """Compares two documents; each resolves its own references."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._before, self._after = old.get("$defs", {}), new.get("$defs", {})
        self._seen: set[tuple[int, int]] = set()

    def differences(self, old: Schema, new: Schema, *, at: str) -> Iterator[str]:
        before, after = dict(_kinds(old, self._before)), dict(_kinds(new, self._after))
        if before.keys() != after.keys():
            yield f"{at or 'the message'} was {' or '.join(sorted(before))} and is {' or '.join(sorted(after))}"
        for kind in sorted(before.keys() & after.keys()):
            yield from self._inside(kind.partition(" ")[0], before[kind], after[kind], at)

    def _inside(self, kind: str, old: Schema, new: Schema, at: str) -> Iterator[str]:
        if kind == STRUCT and (pair := (id(old), id(new))) not in self._seen:
            self._seen.add(pair)  # it may hold itself
            yield from self._fields(old, new, f"{at}." if at else "")
        if kind == LIST:
            yield from self.differences(old.get("items") or {}, new.get("items") or {}, at=f"{at}[]")
        if kind == MAP:
            inside = [each.get("additionalProperties") or {} for each in (old, new)]
            yield from self.differences(*inside, at=f"{at}[]")

    def _fields(self, old: Schema, new: Schema, within: str) -> Iterator[str]:
        before, after = old["properties"], new["properties"]
        for name in sorted(before.keys() - after.keys()):
            yield f"{within}{name} is gone"
        for name in sorted(before.keys() & after.keys()):
            yield from self.differences(before[name], after[name], at=f"{within}{name}")
            yield from _defaults(before[name], after[name], f"{within}{name}")
        for name in sorted(after.keys() - before.keys()):
            if "default" not in after[name]:
                yield f"{within}{name} is new and has no default"


def _kinds(schema: Schema, names: dict[str, Schema]) -> Iterator[tuple[str, Schema]]:
    """Return what a value may be: in words that are the same for the same, and what to look into for more."""
    if "$ref" in schema:
        schema = names[schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        for each in schema["anyOf"]:
            yield from _kinds(each, names)
    elif "properties" in schema:
        yield _struct(schema), schema
    elif schema.get("type") == "array":
        yield _told(LIST, schema, without={"type", "items"}), schema
    elif schema.get("type") == "object":
        yield _told(MAP, schema, without={"type", "additionalProperties"}), schema
    else:
        yield _told("", schema), schema


def _struct(schema: Schema) -> str:
    """A struct is known by its tag alone, if it has one: its name is nobody's business."""
    tags = sorted(str(field["enum"]) for field in schema["properties"].values() if len(field.get("enum", ())) == 1)
    return " ".join((STRUCT, *tags))


def _told(kind: str, schema: Schema, *, without: frozenset[str] | set[str] = frozenset()) -> str:
    ignored = {"default", "title", "description", "$defs", *without}
    rest = (f"{key} {schema[key]}" for key in sorted(schema.keys() - ignored))
    return " ".join(part for part in (kind, *rest) if part) or "anything"


def _defaults(old: Schema, new: Schema, at: str) -> Iterator[str]:
    """What is left out is read as the default: it may not vanish, and means the same to everybody."""
    before, after = old.get("default", _MISSING), new.get("default", _MISSING)
    if before is not _MISSING and after is _MISSING:
        yield f"{at} had a default and has none"
    elif before is not _MISSING and before != after:
        yield f"{at} was {before!r} when left out and is {after!r}"
