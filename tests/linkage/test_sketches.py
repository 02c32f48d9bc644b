from linkage.sketches import Recent


def test_what_is_used_stays_and_what_is_not_goes() -> None:
    kept = Recent[str](10, len)
    kept.keep(("t", 1, 1), "used")
    for key in range(2, 50):
        kept.keep(("t", key, 1), "once")
        assert kept.get(("t", 1, 1)) == "used"
    assert kept.get(("t", 2, 1)) is None
    assert kept.get(("t", 49, 1)) == "once"


def test_it_holds_about_its_capacity() -> None:
    kept = Recent[str](100, len)
    for key in range(1_000):
        kept.keep(("t", key, 1), "12345")
    held = sum(kept.get(("t", key, 1)) is not None for key in range(1_000))
    assert 10 <= held <= 22


def test_another_revision_is_another_value() -> None:
    kept = Recent[str](100, len)
    kept.keep(("t", 1, 1), "old")
    assert kept.get(("t", 1, 2)) is None
