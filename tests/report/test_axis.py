"""The marks of an axis of time: round instants, as many as there is room for, all in one unit."""

from __future__ import annotations

import node
import pytest

pytestmark = pytest.mark.peer
MS = 1_000_000


@pytest.mark.parametrize(
    ("begin", "end", "marks", "texts"),
    [
        (0, 170 * MS, range(0, 171 * MS, 50 * MS), ["0 ms", "50 ms", "100 ms", "150 ms"]),
        (0.3 * MS, 2.6 * MS, range(MS // 2, 3 * MS - 1, MS // 2), ["0.5 ms", "1 ms", "1.5 ms", "2 ms", "2.5 ms"]),
        (0, 6_000 * MS, range(0, 6_001 * MS, 1_000 * MS), ["0 s", "1 s", "2 s", "3 s", "4 s", "5 s", "6 s"]),
        (60_000 * MS, 60_700 * MS, range(60_000 * MS, 60_701 * MS, 200 * MS), ["60 s", "60.2 s", "60.4 s", "60.6 s"]),
    ],
)
def test_marks_are_round_and_their_texts_short(begin, end, marks, texts):
    [found] = node.call("axis.js", [("marksOf", begin, end, 7)])
    assert found == list(marks)
    assert node.call("axis.js", [("textsOf", found)]) == [texts]
