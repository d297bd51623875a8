"""The rows of the article, each shown by what really happened on a journey."""

from itertools import pairwise

import pytest
from journeys import walk

WWW = "203.0.113.80"


@pytest.mark.row("B1")
def test_the_address_bar_takes_it_for_a_url(home):
    [typed] = home.of("browser", "address-typed", "pc")
    assert (typed.data["kind"], typed.data["text"]) == ("url", "http://www.michinori.example/")


@pytest.mark.row("B1")
def test_words_are_sent_to_a_search_engine(tmp_path):
    searched = walk(tmp_path / "out", "tcp", "handshake")
    assert searched.of("browser", "address-typed", "pc")[0].data["kind"] == "words"
    [asked] = searched.of("browser", "search-asked", "pc")
    assert asked.data == {"words": "tcp handshake", "url": "http://search.example/?q=tcp+handshake"}
    assert searched.numbers["final_url"] == asked.data["url"]
    assert searched.of("http", "response-sent", "search")


@pytest.mark.row("B2")
def test_the_url_is_taken_apart(home):
    parts = home.of("browser", "url-parsed", "pc")[0].data
    assert [parts[name] for name in ("scheme", "host", "port", "path")] == ["http", "www.michinori.example", 80, "/"]


@pytest.mark.row("B4")
def test_request_messages_are_sent_and_answered(home):
    sent = home.of("http", "request-sent", "pc")
    assert (sent[0].data["method"], sent[0].data["target"]) == ("GET", "/")
    assert ["Host", "www.michinori.example"] in sent[0].data["headers"]
    assert len(home.of("http", "response-head", "pc")) == len(sent) == home.numbers["requests"]


@pytest.mark.row("B6")
def test_the_resolver_walks_down_from_the_root(home):
    [asked] = home.of("dns", "asked", "pc")
    assert (asked.data["server"], asked.data["recursion_desired"]) == ("198.51.100.53", True)
    walk = home.of("dns", "asked", "isp-resolver")
    assert [event.data["server"] for event in walk] == ["192.0.2.34", "192.0.2.50", "203.0.113.53"]
    assert not any(event.data["recursion_desired"] for event in walk)
    assert [event.data["zone"] for event in home.of("dns", "referred")] == ["example.", "michinori.example."]


@pytest.mark.row("B7")
def test_sockets_can_be_read(home):
    made = home.of("socket", "created", "pc")
    assert {event.data["kind"] for event in made} == {"udp", "tcp"}
    lines = [line for table in home.of("socket", "table", "pc") for line in table.data["sockets"]]
    line = next(line for line in lines if line["state"] == "ESTABLISHED")
    assert line["remote"] == f"{WWW}:80"
    assert line["descriptor"] in {event.data["descriptor"] for event in made}


@pytest.mark.row("B8")
def test_the_listening_socket_is_copied_for_each_connection(home):
    copied = home.of("tcp", "socket-copied", "www")
    assert {event.data["listener"] for event in copied} == {"0.0.0.0:80"}
    assert len({event.data["remote"] for event in copied}) == len(copied) > 1


@pytest.mark.row("B9")
def test_the_handshake_is_syn_then_syn_ack_then_ack(home):
    connection = home.of("tcp", "isn-chosen", "pc")[0].connection
    ours = [event for event in home.events if event.connection == connection and event.layer == "tcp"]
    segments = [event for event in ours if event.what in ("segment-sent", "segment-received")][:3]
    assert [(event.what, event.data["flags"]) for event in segments] == [
        ("segment-sent", "SYN"),
        ("segment-received", "SYN,ACK"),
        ("segment-sent", "ACK"),
    ]
    states = [event.data["to"] for event in ours if event.what == "state-changed"]
    assert states[:2] == ["SYN-SENT", "ESTABLISHED"]


@pytest.mark.row("B10")
def test_a_large_write_is_split_at_the_mss(home):
    split = max(home.of("tcp", "split", "www"), key=lambda event: event.data["octets"]).data
    assert split["segments"] == -(-split["octets"] // split["mss"])
    assert split["mss"] == 1454 - 20 - 20 - 12  # path MTU less both headers and the timestamps


@pytest.mark.row("B11")
def test_what_is_lost_is_sent_again_and_the_picture_is_the_same(home, lossy):
    assert lossy.numbers["retransmitted"] > home.numbers["retransmitted"]
    assert {"rto", "sack"} & {event.why for event in lossy.of("tcp", "retransmitted")}
    assert lossy.of("tcp", "out-of-order", "pc")
    assert (lossy.folder / "page.png").read_bytes() == (home.folder / "page.png").read_bytes()


@pytest.mark.row("B12")
def test_initial_sequence_numbers_are_chosen_by_both_ends_and_differ(home):
    for host in ("pc", "www"):
        chosen = [event.data["isn"] for event in home.of("tcp", "isn-chosen", host)]
        assert len(set(chosen)) == len(chosen) > 1
        gaps = {later - earlier for earlier, later in pairwise(chosen)}
        assert len(gaps) == len(chosen) - 1


@pytest.mark.row("B13")
def test_many_segments_fly_and_one_ack_covers_several(home):
    assert max(event.data.get("in_flight", 0) for event in home.of("tcp", "segment-sent", "www")) > 10 * 1402
    assert any(event.data["segments"] > 1 for event in home.of("tcp", "acked", "www"))


@pytest.mark.row("B14")
def test_the_ip_header_is_recorded_whole(home):
    first = next(event for event in home.of("ip", "sent", "pc") if event.data["protocol"] == "tcp").data
    assert (first["src"], first["dst"], first["ttl"], first["flags"], first["offset"]) == (
        "192.168.1.10",
        WWW,
        64,
        "DF",
        0,
    )
    assert first["length"] == 60


@pytest.mark.row("B15")
def test_the_next_hop_is_found_by_route_and_arp_and_then_by_the_cache(home):
    assert home.of("link", "mac-read", "pc")[0].data["mac"].startswith("02:")
    routed = home.of("ip", "routed", "pc")[0].data
    assert (routed["chosen"], routed["next_hop"]) == ("0.0.0.0/0", "192.168.1.1")
    assert [event.data["address"] for event in home.of("arp", "asked", "pc")] == ["192.168.1.1"]
    assert home.of("arp", "learned", "pc")[0].data["address"] == "192.168.1.1"
    assert home.of("arp", "cache-hit", "pc")


@pytest.mark.row("B18")
def test_the_longest_match_wins_and_each_router_takes_one_off_the_ttl(home):
    at = {}
    for event in home.of("ip", "forwarded"):
        if event.data["dst"] == WWW:
            at.setdefault(event.host, event.data)
    assert {host: data["ttl"] for host, data in at.items()} == {
        "home-router": 63,
        "isp-router": 62,
        "backbone-1": 61,
        "datacentre-router": 60,
    }
    assert [match["prefix"] for match in at["backbone-1"]["matches"]] == [
        "203.0.113.64/26",
        "203.0.113.0/24",
        "0.0.0.0/0",
    ]
    assert at["backbone-1"]["chosen"] == "203.0.113.64/26"


@pytest.mark.row("B18")
def test_a_router_cuts_what_is_too_long(fragments):
    assert {event.host for event in fragments.of("ip", "fragmented")} >= {"isp-router"}


@pytest.mark.row("B21")
def test_the_access_line_sends_an_icmp_error_and_the_server_learns_the_path_mtu(home):
    [mtu] = {event.data["mtu"] for event in home.of("icmp", "sent", "isp-router")}
    assert mtu == 1454
    assert home.of("icmp", "received", "www")
    [learned] = home.of("ip", "path-mtu", "www")
    assert (learned.data["before"], learned.data["mtu"]) == (1500, 1454)


@pytest.mark.row("B21")
def test_the_pc_puts_fragments_together(fragments):
    assert fragments.of("ip", "reassembled", "pc")
    assert fragments.exit_status == 0


@pytest.mark.row("B22")
def test_what_arrived_is_read_by_the_application(home):
    delivered = sum(event.data["octets"] for event in home.of("tcp", "delivered", "pc"))
    exchanges = [event.data for event in home.of("http", "exchange", "pc")]
    assert delivered == sum(data["response_head_octets"] + data["response_body_octets"] for data in exchanges)


@pytest.mark.row("B24")
def test_the_browser_sniffs_decodes_parses_fetches_and_paints(home):
    kinds = {event.data["kind"] for event in home.of("browser", "resource-found", "pc")}
    assert kinds >= {"stylesheet", "image", "icon"}
    assert {event.data["format"] for event in home.of("browser", "image-decoded", "pc")} >= {"PNG", "JPEG", "SVG"}
    assert home.of("http", "content-decoded", "pc")
    assert home.of("browser", "laid-out", "pc")
    assert home.of("browser", "painted", "pc")[-1].data["width"] == 1280
    assert (home.folder / "page.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.row("B25")
def test_the_pipe_is_taken_away_from_both_ends(home):
    states = {"pc": [], "www": []}
    connection = {"pc": home.of("tcp", "time-wait", "pc")[0].connection}
    own, peer = connection["pc"].split()[1:]
    for event in home.of("tcp", "state-changed"):
        if event.connection == connection["pc"] or (
            event.host == "www" and event.connection.endswith(own.split(":")[1])
        ):
            states[event.host].append(event.data["to"])
    assert peer == f"{WWW}:80"
    assert states["pc"][-3:] == ["FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT"]
    assert states["www"][-3:] == ["CLOSE-WAIT", "LAST-ACK", "CLOSED"]


@pytest.mark.row("B26")
def test_each_frame_can_be_followed_to_the_call_that_caused_it(home):
    from michinori.trace import call_of

    events = home.events
    write = next(
        event
        for event in events
        if event.what == "called" and event.data.get("call") == "write" and event.connection.startswith("tcp 192")
    )
    caused = next(
        event
        for event in events
        if event.n > write.n
        and event.what == "frame-sent"
        and event.host == "pc"
        and event.data["octets"] > write.data["octets"]
    )
    call = call_of(events, caused.n)
    assert call is not None
    assert call.n == write.n


def test_the_default_journey_meets_its_rows_and_says_so_of_the_others(home):
    met = {name for name, count in home.numbers["rows"].items() if count}
    promised = {1, 2, 4, *range(6, 11), *range(12, 16), 18, 21, 22, *range(24, 27)}
    assert met >= {f"B{number}" for number in promised}
    for name in ("B3", "B5", "B16", "B17", "B20"):
        assert f"{name:<4}" in home.story
        assert home.numbers["rows"][name] == 0
    assert home.story.count("not met on this journey") == sum(not count for count in home.numbers["rows"].values())
