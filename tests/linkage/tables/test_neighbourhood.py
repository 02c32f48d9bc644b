import numpy as np
import pytest

from linkage.tables import neighbourhood
from linkage.tables.neighbourhood import STANDING, Neighbourhood, Space, standing_names

LEFT = ("dune messiah", "solaris", "the invincible")
RIGHT = ("the invincibel", "dune messiah (dune chronicles)", "dune", "kafka")


@pytest.fixture
def space() -> Space:
    return Space(LEFT, RIGHT)


def test_nearest_of_either_side_are_worth_comparing(space: Space) -> None:
    found = space.nearest(1)
    assert {(0, 1), (2, 0), (0, 2)} <= found
    assert (1, 3) not in found


def test_best_pair_of_its_rivals_leads_and_the_others_trail(space: Space) -> None:
    best, other = space.standing([(0, 1), (0, 2)])
    names = dict(zip(STANDING, range(len(STANDING)), strict=True))
    assert best[names["cosine"]] > other[names["cosine"]] > 0
    assert best[names["before other rights"]] > 0 > other[names["before other rights"]]
    assert best[names["rights above"]] == 0
    assert other[names["rights above"]] == pytest.approx(np.log(2))


def test_result_does_not_depend_on_how_much_is_held_at_once(
    space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = [(left, right) for left in range(3) for right in range(4)]
    whole, nearest = space.standing(pairs), space.nearest(2)
    monkeypatch.setattr(neighbourhood, "_AT_ONCE", 1)
    assert np.allclose(space.standing(pairs), whole)
    assert space.nearest(2) == nearest


def test_titles_and_whole_records_are_two_spaces() -> None:
    around = Neighbourhood([("dune", "dune herbert")], [("dune", "dune lynch")])
    ((*title, _, _, _, _, _, _),) = around.standing([(0, 0)])
    assert around.standing([(0, 0)]).shape == (1, len(standing_names()))
    assert title[0] == pytest.approx(1.0)
    assert around.nearest(3) == [(0, 0)]


def test_table_without_words_has_no_neighbours() -> None:
    assert Neighbourhood([("", "")], [("", "")]).nearest(3) == []
