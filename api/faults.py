"""What is wrong with a request, in words: each fault with its place in what was sent."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from api.schemas.fields import MEANING

_WORDS = {
    "missing": "is required",
    "extra_forbidden": "is not a field here",
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
}
_UNKNOWN = _WORDS["extra_forbidden"]
_CHOICE = {_WORDS["missing"]: "must have one of", _UNKNOWN: "may have only one of"}
"""What is said in place of a fault that is another field's in each shape."""
_SUBJECT = re.compile(r"^(Value error, |[A-Z][a-z]+ should (?=be|have|match|contain|end))")


class FieldError(BaseModel):
    """One faulty field of a request."""

    field: str = Field(description="Where it is: `body.texts.0`, `query.limit` …")
    reason: str


def faults_of(found: Iterable[Mapping[str, Any]], sent: object = None) -> tuple[FieldError, ...]:
    """Return pydantic's errors about a request whose body was `sent`, as its sender sees them."""
    nearest = _nearest([_placed(error, sent) for error in found])
    return tuple(FieldError(field=fault.field, reason=fault.reason) for fault in nearest)


def told(error: ValidationError, sent: object) -> str:
    """Return in one line the first fault of what was `sent` inside of a request."""
    found = [{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors()]
    fault = faults_of(found, sent)[0]
    place = fault.field.removeprefix("body").removeprefix(".")
    return f"{place}: {fault.reason}" if place else fault.reason


@dataclass(frozen=True, slots=True)
class _Fault:
    """A fault, and of each union on its way (by its place) the shape that was tried."""

    field: str
    reason: str
    tried: tuple[tuple[str, str], ...] = ()


def _placed(error: Mapping[str, Any], sent: object) -> _Fault:
    """Tell places from shapes: what the body has not is pydantic's name of a shape tried."""
    kind, *rest = error["loc"] or ("body",)
    if error["type"] == "json_invalid":
        reason = f"is not valid JSON: {error['ctx']['error']} at character {rest[0]}"
        return _Fault(kind, reason)
    if kind != "body":
        return _Fault(".".join(map(str, error["loc"])), _reason(error))
    place, tried, value = kind, [], sent
    for depth, part in enumerate(rest, 1):
        is_there = _has(value, part)
        if is_there or (error["type"] == "missing" and depth == len(rest)):
            place, value = f"{place}.{part}", value[part] if is_there else None  # type: ignore[index]
        else:
            tried.append((place, str(part)))
    return _Fault(place, _reason(error), tuple(tried))


def _has(value: object, part: object) -> bool:
    if isinstance(value, list):
        return isinstance(part, int) and part < len(value)
    return isinstance(value, Mapping) and part in value


def _reason(error: Mapping[str, Any]) -> str:
    if words := _WORDS.get(error["type"]):
        return words
    if pattern := error.get("ctx", {}).get("pattern"):
        return MEANING.get(pattern, f"must match {pattern}")
    message = error["msg"].replace(" after validation", "")
    return _SUBJECT.sub(lambda found: "must " if "should" in found[0] else "", message)


def _nearest(found: Sequence[_Fault]) -> list[_Fault]:
    """Return the faults; of what may have several shapes, those of the shape it is nearest to."""
    chosen = [fault for fault in found if not fault.tried]
    unions: dict[str, dict[str, list[_Fault]]] = {}
    for fault in found:
        if fault.tried:
            (place, shape), *deeper = fault.tried
            inner = _Fault(fault.field, fault.reason, tuple(deeper))
            unions.setdefault(place, {}).setdefault(shape, []).append(inner)
    for shapes in unions.values():
        chosen += _of_one([_nearest(faults) for faults in shapes.values()])
    return chosen


def _of_one(shapes: Sequence[list[_Fault]]) -> list[_Fault]:
    least = min(map(_distance, shapes))
    near = [faults for faults in shapes if _distance(faults) == least]
    if len(near[0]) > 1:
        return near[0]
    places = dict.fromkeys(faults[0].field for faults in near)
    reasons = dict.fromkeys(faults[0].reason for faults in near)
    if len(places) == 1:
        return [_Fault(near[0][0].field, ", or ".join(reasons))]
    owners = {place.rpartition(".")[0] for place in places}
    if len(owners) == len(reasons) == 1 and (choice := _CHOICE.get(near[0][0].reason)):
        names = ", ".join(place.rpartition(".")[2] for place in places)
        return [_Fault(owners.pop(), f"{choice} {names}")]
    return near[0]


def _distance(faults: Sequence[_Fault]) -> tuple[int, int]:
    """Return how far what was sent is from a shape: above all by fields that it has not."""
    return sum(fault.reason == _UNKNOWN for fault in faults), len(faults)
