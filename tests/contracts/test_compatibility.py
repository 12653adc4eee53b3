"""The checker itself, fed every kind of change: those that break whoever runs the other version, and those that do not.

What it says is compared with what really happens, too: a change that it lets pass is written and read both ways.
"""

from types import GenericAlias
from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta, Struct, defstruct

from tests.contracts.compatibility import breaks
from tests.contracts.language import schema


class Cup(Struct):
    size: int
    note: str = ""


FIELDS: dict[str, Any] = {
    "id": str,
    "amount": int,
    "note": (str, ""),
    "tone": (str | None, None),
    "cups": (tuple[Cup, ...], ()),
    "best": (Cup | None, None),
    "sizes": (dict[str, int], msgspec.field(default_factory=dict)),
}


def message(*, without: str = "", tag: str = "tea.poured", **changed: Any) -> type[Struct]:
    """Make a version of the message with some fields otherwise; a tuple is a type with its default."""
    fields = {name: kind for name, kind in {**FIELDS, **changed}.items() if name != without}
    parts = [(name, *kind) if isinstance(kind, tuple) else (name, kind) for name, kind in fields.items()]
    return defstruct("TeaPoured", parts, kw_only=True, tag_field="type", tag=tag)


def many(kind: Any) -> Any:
    return GenericAlias(tuple, (kind, ...))


def cup(*fields: Any) -> Any:
    """A later version of what is within; its name differs, since one document has room for one of a name."""
    return defstruct("Glass", [("size", int), ("note", str, ""), *fields], kw_only=True)


OLD = message()

BREAKING = {
    "a field removed": (message(without="amount"), ["amount is gone"]),
    "an optional field removed": (message(without="note"), ["note is gone"]),
    "a field renamed": (
        message(without="amount", total=int),
        ["amount is gone", "total is new and has no default"],
    ),
    "a field retyped": (message(amount=str), ["amount was type integer and is type string"]),
    "a field widened": (
        message(amount=int | None),
        ["amount was type integer and is type integer or type null"],
    ),
    "a field narrowed": (
        message(tone=(str, "")),
        ["tone was type null or type string and is type string", "tone was None when left out and is ''"],
    ),
    "a field bounded": (
        message(amount=Annotated[int, Meta(ge=0)]),
        ["amount was type integer and is minimum 0 type integer"],
    ),
    "a list made one thing": (
        message(cups=(Cup | None, None)),
        ["cups was list and is struct or type null", "cups was [] when left out and is None"],
    ),
    "a list of something else": (message(cups=(tuple[int, ...], ())), ["cups[] was struct and is type integer"]),
    "a map of something else": (
        message(sizes=(dict[str, str], msgspec.field(default_factory=dict))),
        ["sizes[] was type integer and is type string"],
    ),
    "a new field without a default": (message(sugar=int), ["sugar is new and has no default"]),
    "a default taken away": (message(note=str), ["note had a default and has none"]),
    "another default": (message(note=(str, "none")), ["note was '' when left out and is 'none'"]),
    "another tag": (
        message(tag="tea.spilt"),
        ["the message was struct ['tea.poured'] and is struct ['tea.spilt']"],
    ),
    "a field removed within a list": (
        message(cups=(many(defstruct("Glass", [("size", int)])), ())),
        ["cups[].note is gone"],
    ),
    "a new field without a default, within": (
        message(best=(cup(("handle", bool)) | None, None)),
        ["best.handle is new and has no default"],
    ),
}
COMPATIBLE = {
    "nothing": message(),
    "a new field with a default": message(sugar=(int, 0)),
    "a new field that may be absent": message(sugar=(int | None, None)),
    "a default for what had none": message(amount=(int, 0)),
    "a new field with a default, within a list": message(cups=(many(cup(("handle", bool, True))), ())),
    "a new field with a default, within an option": message(best=(cup(("handle", bool, True)) | None, None)),
    "another order of the fields": defstruct(
        "TeaPoured",
        [(name, *kind) if isinstance(kind, tuple) else (name, kind) for name, kind in reversed(FIELDS.items())],
        kw_only=True,
        tag_field="type",
        tag="tea.poured",
    ),
    "another name of a struct within": message(
        best=(defstruct("Mug", [("size", int), ("note", str, "")]) | None, None)
    ),
}
CUPS = [{"size": 3, "note": "hot"}]
WRITTEN = {"type": "tea.poured", "id": "1", "amount": 2, "note": "n", "tone": "t", "cups": CUPS, "best": CUPS[0]}


@pytest.mark.parametrize("change", BREAKING)
def test_what_breaks_others_is_told(change: str) -> None:
    new, told = BREAKING[change]
    assert sorted(breaks(schema(OLD), schema(new))) == sorted(told)


@pytest.mark.parametrize("change", COMPATIBLE)
def test_what_breaks_nobody_passes(change: str) -> None:
    assert breaks(schema(OLD), schema(COMPATIBLE[change])) == []


@pytest.mark.parametrize("change", COMPATIBLE)
def test_what_passes_is_read_by_both_versions_as_the_same(change: str) -> None:
    new = COMPATIBLE[change]
    as_new = msgspec.json.decode(msgspec.json.encode(WRITTEN), type=new)
    as_old = msgspec.json.decode(msgspec.json.encode(as_new), type=OLD)
    assert as_old == msgspec.convert(WRITTEN, OLD)


def test_a_struct_that_holds_itself_is_compared_once() -> None:
    def cup(**fields: Any) -> dict[str, Any]:
        again = {"anyOf": [{"$ref": "#/$defs/Cup"}, {"type": "null"}], "default": None}
        return {"$ref": "#/$defs/Cup", "$defs": {"Cup": {"type": "object", "properties": {"in": again, **fields}}}}

    assert breaks(cup(), cup(size={"type": "integer", "default": 1})) == []
    assert breaks(cup(size={"type": "integer"}), cup()) == ["size is gone"]


def test_words_that_describe_are_no_part_of_a_shape() -> None:
    told = defstruct("TeaPoured", [("title", str), ("description", str)], namespace={"__doc__": "About tea."})
    assert schema(told)["$defs"]["TeaPoured"] == {
        "type": "object",
        "properties": {"title": {"type": "string"}, "description": {"type": "string"}},
        "required": ["title", "description"],
    }
