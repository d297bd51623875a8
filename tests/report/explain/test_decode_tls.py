"""The report's decoder on TLS: handshakes between two ends of OpenSSL, read by tshark too."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator

import pytest
import trustme
from dissected import compare, decoded, flat, values
from handmade import segments, written

pytestmark = pytest.mark.peer

NAME = "www.example"
AUTHORITY = trustme.CA()
CERTIFICATE = AUTHORITY.issue_cert(NAME)
PORTS = {"client": (50_000, 443), "server": (443, 50_000)}
V1_2, V1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


def contexts(version: ssl.TLSVersion, *, asks: bool, curve: str, trusts: bool) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    CERTIFICATE.configure_cert(server)
    server.set_alpn_protocols(["http/1.1"])
    if curve:
        server.set_ecdh_curve(curve)
    if asks:
        server.verify_mode = ssl.CERT_REQUIRED
        AUTHORITY.configure_trust(server)
    client = ssl.create_default_context()
    client.minimum_version = client.maximum_version = version
    client.set_alpn_protocols(["h2", "http/1.1"])
    CERTIFICATE.configure_cert(client)
    if trusts:
        AUTHORITY.configure_trust(client)
    return client, server


def flights(version: ssl.TLSVersion, asks=False, curve="", trusts=True) -> Iterator[tuple[str, bytes]]:
    """What each end sends in turn: handshake, a request, the end."""
    client, server = contexts(version, asks=asks, curve=curve, trusts=trusts)
    inward = {name: ssl.MemoryBIO() for name in PORTS}
    outward = {name: ssl.MemoryBIO() for name in PORTS}
    ends = {
        "client": client.wrap_bio(inward["client"], outward["client"], server_hostname=NAME),
        "server": server.wrap_bio(inward["server"], outward["server"], server_side=True),
    }
    steps = [*["client", "server"] * 3, "request", "end"]
    for step in steps:
        name = step if step in PORTS else "client"
        with contextlib.suppress(ssl.SSLError):
            if step == "request":
                ends[name].write(b"GET / HTTP/1.1\r\n\r\n")
            elif step == "end":
                ends[name].unwrap()
            else:
                ends[name].do_handshake()
        if sent := outward[name].read():
            inward["server" if name == "client" else "client"].write(sent)
            yield name, sent


def frames(*, size=8_000, **how) -> list[bytes]:
    made: list[bytes] = []
    nxt = dict.fromkeys(PORTS, 1)
    for name, sent in flights(**how):
        peer = "server" if name == "client" else "client"
        made += segments(sent, PORTS[name], seq=nxt[name], ack=nxt[peer], size=size)
        nxt[name] += len(sent)
    return made


HOW = {
    "1.3": {"version": V1_3},
    "1.3, with another try": {"version": V1_3, "curve": "secp384r1"},
    "1.2": {"version": V1_2},
    "1.2, with two certificates": {"version": V1_2, "asks": True},
    "1.2, not trusted": {"version": V1_2, "trusts": False},
}


@pytest.mark.parametrize("how", HOW.values(), ids=HOW)
def test_every_field_in_the_clear_is_what_tshark_says(how, tmp_path):
    made = frames(**how)
    read = decoded(made)
    compared = compare(read, written(tmp_path / "made.pcap", made), {"tls"})
    assert compared["tls"] > 100
    assert not any(layer["short"] for frame in read for layer in frame["layers"])


def test_the_hellos_tell_name_protocol_version_and_keys():
    read = [values(frame) for frame in decoded(frames(version=V1_3))[:2]]
    told = [{key.removeprefix("tls.handshake."): field for key, field in one.items()} for one in read]
    assert told[0]["extensions_server_name"]["value"] == NAME
    assert told[0]["extensions_alpn_str"]["value"] == "http/1.1"
    assert told[1]["extensions.supported_version"]["note"]["en"] == "TLS 1.3"
    assert told[1]["version"]["note"]["en"] == "TLS 1.2"
    assert told[1]["extensions_key_share_key_exchange"]["bits"] == 32 * 8


def test_the_first_answer_may_ask_for_another_key():
    again = values(decoded(frames(version=V1_3, curve="secp384r1"))[1])
    assert again["tls.handshake.extensions_key_share_selected_group"]["note"]["en"] == "secp384r1"


def test_an_alert_in_the_clear_tells_why():
    alerts = [values(frame) for frame in decoded(frames(version=V1_2, trusts=False))]
    assert alerts[-1]["tls.alert_message.desc"]["note"]["en"] == "unknown_ca"


def test_of_a_message_that_the_next_segment_ends_as_much_is_read_as_there_is():
    begun = next(one for one in decoded(frames(version=V1_2, size=300)) if values(one)["tcp.srcport"]["value"] == 443)
    assert begun["layers"][-1]["short"]
    fields = values(begun)
    assert fields["tls.handshake.certificate_length"]["value"] > 300
    assert all(field["bit"] + field["bits"] <= (8 + 54 + 300) * 8 for field in flat(begun["layers"][-1]["fields"]))
