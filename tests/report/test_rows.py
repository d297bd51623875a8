"""The table of rows, and which events show which."""

from michinori.report.rows import BY_NAME, ROWS, sort_out
from michinori.trace import Event


def event(layer, what, **data):
    return Event(1, 0, "pc", layer, what, data=data)


def test_all_rows_are_there_in_order_with_a_place_to_see_them():
    assert [row.name for row in ROWS] == [f"B{number}" for number in range(1, 27)]
    for row in ROWS:
        assert row.title["ja"] != row.title["en"]
        assert row.elsewhere["ja"]
        assert row.elsewhere["en"]


def test_a_condition_decides_between_rows_of_the_same_event():
    opening, closing = event("tcp", "state-changed", to="SYN-SENT"), event("tcp", "state-changed", to="TIME-WAIT")
    found = sort_out([opening, closing])
    assert found["B9"] == [opening]
    assert found["B25"] == [closing]


def test_an_ack_of_one_segment_does_not_show_the_window():
    assert not BY_NAME["B13"].shown_by(event("tcp", "acked", segments=1))
    assert BY_NAME["B13"].shown_by(event("tcp", "acked", segments=2))


def test_rows_that_nothing_shows_are_empty():
    assert not any(sort_out([]).values())
