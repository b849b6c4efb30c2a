"""The landing page's picture is what its script draws."""

from pictures import compare


def test_the_race_is_what_its_script_draws():
    import race

    assert compare(race.TARGET.read_bytes(), race.race()) is None
