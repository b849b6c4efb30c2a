"""The landing page's pictures are what its script draws."""

from pictures import compare


def test_the_race_is_what_its_script_draws():
    import race

    for path, png in race.race().items():
        assert compare(path.read_bytes(), png) is None, path.name
