"""Quantities as people write them."""

import pytest

from michinori.world import units


@pytest.mark.parametrize(
    ("text", "nanos"),
    [
        ("40ms", 40_000_000),
        ("2s", 2_000_000_000),
        ("0.1ms", 100_000),
        ("5 us", 5_000),
        ("3µs", 3_000),
        ("1min", 60 * 10**9),
        ("0", 0),
        (0, 0),
    ],
)
def test_durations_are_exact(text, nanos):
    assert units.duration(text) == nanos


@pytest.mark.parametrize(
    ("text", "bits"), [("1Gbit", 10**9), ("10Mbit/s", 10**7), ("56kbit", 56_000), (300, 300), ("2.5Gbps", None)]
)
def test_rates_are_bits_per_second(text, bits):
    if bits is None:
        with pytest.raises(units.UnitError, match="the unit 'gb' is not known"):
            units.rate(text)
    else:
        assert units.rate(text) == bits


@pytest.mark.parametrize(("text", "value"), [("1%", 0.01), ("100%", 1.0), ("1e-3", 0.001), (0.25, 0.25)])
def test_chances(text, value):
    assert units.chance(text) == value


@pytest.mark.parametrize(("text", "octets"), [("6MiB", 6 << 20), ("64kB", 64_000), (1500, 1500)])
def test_sizes(text, octets):
    assert units.size(text) == octets


@pytest.mark.parametrize(
    ("read", "text", "said"),
    [
        (units.duration, "10 parsecs", "the unit 'parsecs' is not known"),
        (units.duration, "10", "it has no unit"),
        (units.duration, "fast", 'write one such as "40ms"'),
        (units.duration, "-1ms", "not a duration"),
        (units.rate, "0", "greater than zero"),
        (units.rate, "10", "it has no unit"),
        (units.chance, "5", 'between 0% and 100%, such as "5%"'),
        (units.chance, "101%", "between 0% and 100%"),
        (units.chance, "1ms", "no chance"),
        (units.size, "1e999", "too large"),
        (units.duration, "1e99999999999999999999s", "not a duration"),
        (units.chance, "1e-99999999999999999999", "not a chance"),
        (units.size, True, "not a size"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(read, text, said):
    with pytest.raises(units.UnitError, match=said):
        read(text)


@pytest.mark.parametrize(
    ("nanos", "shown"), [(999, "999 ns"), (12_345_678, "12.3 ms"), (1_500_000_000, "1.50 s"), (0, "0 ns")]
)
def test_times_are_shown_with_three_digits(nanos, shown):
    assert units.show_duration(nanos) == shown
