"""A journey with warm caches: the name was looked up before, so nobody is asked."""

from journeys import walk

WWW = "http://www.michinori.example/"


def test_a_warm_journey_asks_nobody_and_shows_the_same_page(tmp_path):
    cold, warm = walk(tmp_path / "cold", WWW), walk(tmp_path / "warm", WWW, warm=True)
    began = next(event.n for event in warm.events if event.what == "address-typed")
    of_www = [event for event in warm.of("dns", "asked") if event.n > began]
    assert of_www == []
    assert [event for event in warm.of("dns", "cache-hit", "pc") if event.n > began]
    assert warm.numbers["virtual_ms"] < cold.numbers["virtual_ms"]
    assert (tmp_path / "warm/page.png").read_bytes() == (tmp_path / "cold/page.png").read_bytes()


def test_what_cannot_be_looked_up_fails_in_the_journey_itself(tmp_path):
    walked = walk(tmp_path / "out", "http://nowhere.example/", warm=True)
    assert walked.exit_status == 1
    assert walked.numbers["failure"]["stage"] == "dns"
    assert walk(tmp_path / "out", "ftp://", warm=True).exit_status == 1
