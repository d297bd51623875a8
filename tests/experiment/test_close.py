"""FIN beside RST: what is sent, what the peer sees, which states are passed, where TIME-WAIT appears."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.row("A6")

CASES = ("orderly", "half-close", "program-ends", "unread", "linger", "late")
RESET = "recv() ConnectionResetError (ECONNRESET)"

OPENED = ["CLOSED", "SYN-SENT", "ESTABLISHED"]
ACCEPTED = ["LISTEN", "SYN-RECEIVED", "ESTABLISHED"]
FIRST = ["FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT"]
SECOND = ["CLOSE-WAIT", "LAST-ACK", "CLOSED"]


@pytest.fixture
def found(perform):
    return perform("close").told.findings


def test_an_orderly_end(found):
    case = found["orderly"]
    assert (case["fins"], case["resets"]) == (["server", "client"], [])
    assert case["client_saw"] == ["recv() b'bye'", "recv() b''"]
    assert case["server_states"] == ACCEPTED + FIRST
    assert case["client_states"] == OPENED + SECOND
    assert case["time_wait"] == "server"


def test_a_half_close_leaves_the_other_direction_open(found, perform):
    case = found["half-close"]
    assert (case["fins"], case["resets"]) == (["client", "server"], [])
    assert case["client_saw"] == ["recv() b'bye'", "recv() b''"]
    assert case["server_saw"] == ["recv() b'hello'", "recv() b''"]
    assert case["client_states"] == OPENED + FIRST
    assert case["time_wait"] == "client"
    packets = _packets(perform, "half-close")
    fin = next(packet for packet in packets if packet.has("FIN"))
    assert any(packet.number > fin.number and packet.length == 3 and not packet.to_server for packet in packets)


def test_a_program_that_ends_without_close_still_sends_fin(found):
    case = found["program-ends"]
    assert (case["fins"], case["resets"]) == (["client", "server"], [])
    assert case["server_saw"] == ["recv() b'hello'", "recv() b''"]


def test_the_ended_program_never_called_close(perform):
    done = perform("close")
    fin = next(packet for packet in _packets(perform, "program-ends") if packet.has("FIN"))
    closes = [made.t for made in done.ground.made() if made.host == "client" and made.call == "close"]
    assert fin.t not in closes


def test_the_tutorials_server_resets_a_request_of_more_than_4096_octets(found, perform):
    case = found["unread"]
    assert (case["fins"], case["resets"]) == ([], ["server"])
    assert case["server_saw"] == ["recv() b'xxxxxxxx'… (4,096)"]
    assert case["client_saw"] == [RESET]
    assert case["time_wait"] == ""
    sent = sum(packet.length for packet in _packets(perform, "unread") if packet.to_server)
    assert sent == 5000


def test_lingering_for_no_time_resets(found):
    case = found["linger"]
    assert (case["fins"], case["resets"]) == ([], ["server"])
    assert case["client_saw"] == [RESET]
    assert case["server_states"] == [*ACCEPTED, "CLOSED"]
    assert case["time_wait"] == ""


def test_the_first_send_to_a_closed_end_succeeds(found):
    case = found["late"]
    assert (case["fins"], case["resets"]) == (["server"], ["server"])
    assert case["client_saw"] == [
        "send() 3",
        "send() ConnectionResetError (ECONNRESET)",
        "send() BrokenPipeError (EPIPE)",
    ]


@pytest.mark.parametrize("name", CASES)
def test_this_machine_tells_the_same_story(perform, name):
    here, there = (perform("close", via).told.findings[name] for via in ("os", "virtual"))
    assert here["server_saw"] == there["server_saw"]
    assert here["time_wait"] == there["time_wait"]
    if name == "late":
        # RFC 9293 has the error of a reset told once, then that of a closed connection. Linux tells EPIPE at once,
        # since the peer's FIN had come before.
        assert here["client_saw"] == ["send() 3", *["send() BrokenPipeError (EPIPE)"] * 2]
    else:
        assert here["client_saw"] == there["client_saw"]
    if perform("close", "os").ground.captures:
        assert (here["fins"], here["resets"]) == (there["fins"], there["resets"])


def _packets(perform, name):
    """The packets of one case; each has its own port."""
    ground = perform("close").ground
    port = ground.ports[CASES.index(name)]
    return [packet for packet in ground.packets("client") if packet.server_port == port]
