"""Searching a tenant's memory: what translations are given of it."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from more_itertools import batched
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein
from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from translate.fingerprint import bands
from translate.languages import canonical
from translate.memories import UNIT_COLUMNS, scope_of
from translate.memory import THRESHOLD, Hit, Mode, Unit, match, skeleton
from translate.models import BandRow, UnitRow
from translate.protect import Run

CANDIDATES = 50
"""Units read for one text: those that share the most bands with it."""
SCORED = 8
"""Candidates compared in full: the most alike at a glance."""
_CHUNK = 500
"""Values in one IN list; every database takes so many."""

Reading = Callable[[], AbstractContextManager[Session]]
"""Opens a session for reading."""


class TenantMemory:
    """A tenant's memory as translations use it: units of one domain, and those of none.

    Sessions are opened for each search. Safe to share between threads.
    """

    def __init__(
        self,
        reading: Reading,
        tenant_id: str,
        *,
        domain: str = "",
        mode: Mode = "fuzzy",
        threshold: float = THRESHOLD,
    ) -> None:
        self._reading = reading
        self._tenant_id = tenant_id
        self._domain = domain
        self._mode = mode
        self._threshold = threshold

    def has_units(self, source: str, target: str) -> bool:
        """Tell whether there is anything to be found in a language pair."""
        if self._mode == "off":
            return False
        with self._reading() as session:
            query = select(UnitRow.id).where(self._mine(source, target)).limit(1)
            return session.execute(query).first() is not None

    def recall(self, runs: Sequence[Run], source: str, target: str) -> list[Hit | None]:
        """Return for each run the best match in a language pair, if there is one."""
        if not runs or self._mode == "off":
            return [None] * len(runs)
        with self._reading() as session:
            found = self._exact(session, self._mine(source, target), runs)
            if self._mode == "fuzzy":
                rest = [run for run in runs if run not in found]
                found |= self._fuzzy(session, rest, source, target)
        return [found.get(run) for run in runs]

    def _mine(self, source: str, target: str) -> ColumnElement[bool]:
        return and_(
            UnitRow.tenant_id == self._tenant_id,
            UnitRow.source_language == canonical(source),
            UnitRow.target_language == canonical(target),
            UnitRow.domain.in_({"", self._domain}),
        )

    def _exact(
        self, session: Session, mine: ColumnElement[bool], runs: Sequence[Run]
    ) -> dict[Run, Hit]:
        keys = {run: skeleton(run.plain()).key for run in runs}
        by_key: defaultdict[int, list[Unit]] = defaultdict(list)
        for chunk in batched(set(keys.values()), _CHUNK):
            query = select(UnitRow.key, *UNIT_COLUMNS).where(mine, UnitRow.key.in_(chunk))
            for key, *values in session.execute(query.order_by(UnitRow.updated_at)):
                by_key[key].append(Unit(*values))
        return self._best({run: by_key[key] for run, key in keys.items()}, 1.0)

    def _fuzzy(
        self, session: Session, runs: Sequence[Run], source: str, target: str
    ) -> dict[Run, Hit]:
        scope = scope_of(self._tenant_id, source, target)
        likely = {run: _likely(session, bands(skeleton(run.plain()).words, scope)) for run in runs}
        units = self._units(session, {id_ for ids in likely.values() for id_ in ids})
        return self._best(
            {
                run: _most_alike(run, [units[id_] for id_ in ids if id_ in units])
                for run, ids in likely.items()
            },
            self._threshold,
        )

    def _units(self, session: Session, ids: set[int]) -> dict[int, Unit]:
        """Return the units of these ids that are the tenant's and of its domain, or of none."""
        found: dict[int, Unit] = {}
        for chunk in batched(ids, _CHUNK):
            query = select(UnitRow.id, UnitRow.tenant_id, *UNIT_COLUMNS)
            # told apart here: with more conditions SQLite would not go by the ids
            for id_, tenant_id, *values in session.execute(query.where(UnitRow.id.in_(chunk))):
                unit = Unit(*values)
                if tenant_id == self._tenant_id and unit.domain in {"", self._domain}:
                    found[id_] = unit
        return found

    def _best(self, candidates: dict[Run, list[Unit]], threshold: float) -> dict[Run, Hit]:
        """Return the best hit of each: a person's before a file's, the domain's before others'."""
        found: dict[Run, Hit] = {}
        for run, units in candidates.items():
            hits = [(unit, hit) for unit in units if (hit := match(unit, run, threshold=threshold))]
            if hits:
                found[run] = max(enumerate(hits), key=self._rank)[1][1]
        return found

    def _rank(self, each: tuple[int, tuple[Unit, Hit]]) -> tuple[float, bool, bool, int]:
        place, (unit, hit) = each
        return hit.match.score, unit.is_correction, unit.domain == self._domain, place


def _likely(session: Session, wanted: Sequence[int]) -> Sequence[int]:
    """Return the ids of the units that share the most of these bands."""
    if not wanted:
        return []
    query = select(BandRow.unit_id).where(BandRow.band.in_(wanted)).group_by(BandRow.unit_id)
    return session.scalars(query.order_by(func.count().desc()).limit(CANDIDATES)).all()


def _most_alike(run: Run, units: Sequence[Unit]) -> list[Unit]:
    """Return the units whose texts are the most alike, before what differs lawfully is told."""
    best = process.extract(
        run.plain().casefold(), [unit.source.casefold() for unit in units],
        scorer=Levenshtein.normalized_similarity, limit=SCORED,
    )  # fmt: skip
    return [units[place] for _, _, place in best]
