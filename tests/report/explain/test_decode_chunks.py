"""The report's decoder on chunked bodies: in one segment as tshark has them, and wherever a segment begins."""

from __future__ import annotations

import node
import pytest
from dissected import PREAMBLE_OCTETS, compare, decoded, flat
from handmade import segments, written
from journeys import walk

from michinori.http import Headers, ServerResponse
from michinori.world import sites

pytestmark = pytest.mark.peer

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
BODY = b'5\r\nhello\r\n1a;name="a b";x\r\nabcdefghijklmnopqrstuvwxyz\r\n00\r\nX-Sum: 31\r\n\r\n'
NEXT = b"HTTP/1.1 204 No Content\r\nServer: x\r\n\r\n"
STREAM = HEAD + BODY + NEXT
PORTS = (80, 50_000)
#: Of the frame, and of the stream in it.
HEADERS = PREAMBLE_OCTETS + 14 + 20 + 20


def texts(frame):
    return [(field["key"], field["text"]) for field in flat(frame["layers"][-1]["fields"]) if "fields" not in field]


def test_chunks_are_where_tshark_has_them(tmp_path):
    made = segments(HEAD + BODY, PORTS)
    (frame,) = read = decoded(made)
    assert compare(read, written(tmp_path / "made.pcap", made), set(), {"http"})["http"] == 7
    assert texts(frame)[-8:] == [
        ("http.chunk_size", "1a (16) = 26"),
        ("http.chunk_ext", ';name="a b";x'),
        ("http.chunk_data", "61 62 63 64 65 66 67 68 69 6a 6b 6c 6d 6e 6f 70 71 72 73 74 75 76 77 78 …"),
        ("http.chunk_boundary", "CR LF"),
        ("http.chunk_size", "00 (16) = 0"),
        ("http.header.name", "X-Sum"),
        ("http.header.value", "31"),
        ("http.chunk_end", "CR LF"),
    ]


def test_wherever_a_segment_begins_each_octet_has_its_field():
    (pieces,) = node.call("explain/lines.js", [("chunksOfStream", node.octets(STREAM))])
    assert [piece["what"] for piece in pieces] == ["size", "data", "boundary"] * 2 + ["size", "trailer", "end"]
    calls = []
    for at in range(len(HEAD), len(HEAD + BODY)):
        (made,) = segments(STREAM[at:], PORTS)
        here = [
            {"what": one["what"], "from": one["from"] - at, "to": one["to"] - at} for one in pieces if one["to"] > at
        ]
        calls.append(("decodeFrame", node.octets(made), None, here))
    for frame in node.call("explain/decode.js", calls):
        layer = frame["layers"][-1]
        ends = [layer["from"] * 8]
        for field in layer["fields"]:
            assert field["bit"] == ends[-1]  # one right behind the other
            ends.append(field["bit"] + field["bits"])
        assert ends[-1] == layer["to"] * 8
        assert layer["key"] == "http"
        assert ("http.response.code", "204") in texts(frame)


@pytest.mark.parametrize(
    "broken", [b"", b"5", b"5\r\nhel", b"zz\r\nhello", b"5\r\nhello\r\n0\r\n", b"ffffffffffff\r\nx"]
)
def test_what_is_no_chunk_stays_a_body(broken):
    (frame,) = decoded(segments(HEAD + broken, PORTS))
    assert {key for key, _ in texts(frame)} >= {"http.response.code"}
    covered = sum(field["bits"] for field in frame["layers"][-1]["fields"]) // 8
    assert covered == len(HEAD + broken)


class _Piecemeal:
    """A site whose page comes in chunks that no segment is as long as."""

    def __init__(self, *_given, **_named):
        pass

    async def __call__(self, _request):
        async def pieces():
            yield b"<!doctype html><title>chunks</title>"
            for _ in range(8):
                yield b"<p>" + b"x" * 1_997

        return ServerResponse(200, [("Content-Type", "text/html")], pieces(), trailers=Headers([("X-Sum", "9")]))


def test_a_frame_in_the_middle_of_a_journeys_body_shows_its_chunks(tmp_path, monkeypatch):
    monkeypatch.setattr(sites, "StaticSite", _Piecemeal)
    walked = walk(tmp_path / "out", "http://www.michinori.example/", mtu=1500)  # nothing comes twice
    events = {event.n: event for event in walked.events}
    taken = [event for event in walked.of("tcp", "segment-received", "pc") if event.data["len"]]
    arrived = [events[events[event.cause].cause] for event in taken if event.connection == taken[0].connection]
    assert {event.what for event in arrived} == {"frame-received"}
    calls = [("decodeEvent", node.JOURNEY, event.n) for event in arrived]
    layers = [frame["layers"][-1] for frame in node.call("explain/stream.js", calls, walked.folder / "journey.html")]
    assert {layer["key"] for layer in layers} == {"http"}
    fields = [field for layer in layers for field in layer["fields"]]
    ends = [at for at, field in enumerate(fields) if field["key"] == "http.chunk_end"]
    parts = [part for field in fields[: ends[0]] if field["key"] == "http.chunk" for part in field["fields"]]
    data = [part["bits"] // 8 for part in parts if part["key"] == "http.chunk_data"]
    sizes = [part["fields"][0]["value"] for part in parts if part["key"] == "http.chunk_line"]
    assert (sum(data), sizes) == (36 + 8 * 2_000, [36, *[2_000] * 8, 0])
    assert len(data) > 9  # some went over two segments
    assert fields[ends[0] - 1]["text"] == "9"
