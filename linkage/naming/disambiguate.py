"""Disambiguation: which of the things that bear a name it stands for here, or none of them.

A multinomial logit over the senses of a span and NIL, whose evidence is 0: the probability of a
sense is exp(s) / (1 + sum of exp), where s is a weighted sum of its features. The weights are
trained by `weft train mentions` and lie in data/mentions.json.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from linkage import dates, text
from linkage.errors import WeightsError
from linkage.naming.commonness import rarity
from linkage.naming.cues import Cues
from linkage.naming.gazetteer import entity_names, written_names
from linkage.naming.passage import Passage
from linkage.types import Entity, Item

Features = Mapping[str, float]

AGREEING = {
    "book": {"book": 1.0, "text": 0.7},
    "film": {"film": 1.0},
    "series": {"series": 1.0},
    "game": {"game": 1.0},
    "music": {"music": 1.0},
    "album": {"music": 1.0},
    "work": {"book": 0.7, "text": 0.7, "film": 0.7, "series": 0.7, "game": 0.7, "music": 0.7},
}
"""Kinds of works, and how well the nouns of `cues` go with each."""
_WRITTEN = ("book", "work")
_SHARED = ("film", "series")
EXCERPT = 300
"""Characters of a text that tell what it is about."""


@dataclass(frozen=True, slots=True)
class Sense:
    """Something a name may stand for: `forms` are its names as written, by their folded form."""

    entity: Entity
    forms: Mapping[str, str]
    about: str
    is_imported: bool = False
    is_creator: bool = False

    @classmethod
    def of_item(cls, item: Item) -> "Sense":
        """Return the sense of an item's own names."""
        entity = Entity(
            item.id, item.title, item.kind, item.identifiers, creators=item.creators,
            published_at=item.published_at, popularity=item.popularity,
        )  # fmt: skip
        told = (*item.creators, *item.subjects, item.text[:EXCERPT])
        return cls(entity, written_names(item), " ".join(filter(None, (item.title, *told))))

    @classmethod
    def of_creator(cls, name: str) -> "Sense":
        """Return the sense of a creator's name."""
        key = text.name_key(name)
        return cls(Entity(f"creator:{key}", name, "person"), {key: name}, "", is_creator=True)

    @classmethod
    def of_entity(cls, entity: Entity) -> "Sense":
        """Return the sense of something imported."""
        about = " ".join((entity.name, *entity.description.values()))
        return cls(entity, entity_names(entity), about, is_imported=True)


def sense_of(thing: Item | Entity) -> Sense:
    """Return what the names of an item or of an entity stand for."""
    return Sense.of_item(thing) if isinstance(thing, Item) else Sense.of_entity(thing)


class Disambiguator:
    """Weights of the features, and the probabilities they give."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self.weights = weights

    def evidence(self, features: Features) -> float:
        """Return the log-odds of a sense against NIL."""
        return sum(self.weights.get(name, 0.0) * value for name, value in features.items())

    def probabilities(self, senses: Sequence[Features]) -> list[float]:
        """Return the probability of each of a span's senses; what is missing to 1 is NIL's."""
        found = [self.evidence(features) for features in senses]
        most = max([0.0, *found])
        weights = [math.exp(value - most) for value in found]
        whole = math.exp(-most) + sum(weights)
        return [weight / whole for weight in weights]


def load_disambiguator(path: Path | None = None) -> Disambiguator:
    """Return the trained weights of a file, by default those that ship; WeightsError if it cannot.

    The file is JSON: `{"weights": {feature: number}}`.
    """
    file = path or Path(str(resources.files("linkage"))) / "data" / "mentions.json"
    try:
        weights = {name: float(w) for name, w in json.loads(file.read_bytes())["weights"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise WeightsError(file, f"holds no weights ({error})") from error
    return Disambiguator(weights)


def features(passage: Passage, cues: Cues, sense: Sense, name: str) -> Features:
    """Return what speaks for and against that a sense is meant, which is known by this name."""
    common = _name_features(passage, cues, sense, name)
    if sense.entity.kind not in AGREEING:
        kind = "person" if sense.entity.kind == "person" else "thing"
        return {**common, kind: 1.0}
    return {**common, **_work_features(passage, sense, cues)}


def _name_features(passage: Passage, cues: Cues, sense: Sense, name: str) -> dict[str, float]:
    form = sense.forms.get(name, sense.entity.name)
    found = {
        "bias": 1.0,
        "popular": sense.entity.popularity,
        "imported": float(sense.is_imported),
        "quoted": float(cues.is_quoted),
        "alias": float(form != sense.entity.name),
    }
    if cues.echo:
        is_subject = passage.folded.startswith(f" {name} ")
        return found | {f"echo_{cues.echo}": 1.0, "subject": float(is_subject)}
    surprise = rarity(name)
    return found | {
        "rare": min(surprise, 8.0) / 8,
        "rarer": min(max(surprise - 8.0, 0.0), 12.0) / 12,
        "lowered": _lowered(passage.surface(cues.first, cues.last), form),
        "begun": float(cues.is_begun),
        "goes_on": float(cues.goes_on),
    }


def _work_features(passage: Passage, sense: Sense, cues: Cues) -> dict[str, float]:
    kind, year = sense.entity.kind, dates.year(sense.entity.published_at)
    found = {f"kind_{kind}": 1.0} | _maker_features(passage, sense.entity, cues)
    for name, noun in (("noun", cues.noun), ("described", cues.described)):
        if noun:
            agreement = AGREEING[kind].get(noun, 0.0)
            found |= {name: agreement, f"{name}_other": float(not agreement)}
    if found.get("maker_other"):
        found.pop("noun", None)  # the novel is somebody else's
        found["echo_other"] = float(cues.echo is not None)
    found["written"] = float(cues.is_written_about and kind in _WRITTEN)
    if year is not None:
        found["year"] = float(year in cues.years)
        if cues.dated is not None:
            off = abs(cues.dated - year)
            found["dated"] = max(0.0, 1 - off / 2)
            found["dated_other"] = min(off, 20) / 20 if off > 1 else 0.0
    return found


def _maker_features(passage: Passage, entity: Entity, cues: Cues) -> dict[str, float]:
    """Return whether it is by who is said to have made it.

    A film has many makers, of whom a catalogue may name others than a text does.
    """
    keys = [key for name in entity.creators if (key := text.name_key(name))]
    if cues.credits(keys):
        return {"maker": 1.0}
    if cues.is_credited and keys and entity.kind not in _SHARED:
        return {"maker_other": 1.0}
    return {"maker_near": float(any(map(passage.holds, keys)))}


def _lowered(surface: str, form: str) -> float:
    """Return the share of a name's capitals that the text has as small letters."""
    capitals = sum(char.isupper() for char in form[: len(surface)])
    if not capitals:
        return 0.0
    return max(0.0, 1 - sum(char.isupper() for char in surface) / capitals)
