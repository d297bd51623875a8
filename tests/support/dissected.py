"""The report's decoder beside tshark: every field of a frame where both have it, and what both say."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import node
import pytest

PREAMBLE_OCTETS = 8
#: What tshark has beside the octets, or in another form: its own sums, names, second views of one field.
NOT_FIELDS = frozenset((
    "eth.addr", "ip.addr", "ip.host", "ip.src_host", "ip.dst_host", "tcp.port", "udp.port", "tcp.seq", "tcp.ack",
    "tcp.flags.str", "tcp.window_size", "tcp.window_size_scalefactor", "tcp.options.wscale.multiplier",
    "tcp.options.sack.dsack_le", "tcp.options.sack.dsack_re", "tcp.payload", "udp.payload", "dns.qry.name.len",
    "dns.count.labels", "icmp.seq_le", "icmp.ident_le", "icmp.unused",  # RFC 4884 took one of its octets
    "ip.version", "ipv6.addr", "ipv6.host", "ipv6.src_host", "ipv6.dst_host", "ipv6.hopopts.len_oct",
    "ipv6.dstopts.len_oct", "ipv6.routing.len_oct", "icmpv6.opt.linkaddr", "tls.handshake.random_time",
    "tls.handshake.random_bytes", "tls.handshake.sig_hash_hash", "tls.handshake.sig_hash_sig", "tls.record.opaque_type",
))  # fmt: skip
_SETTINGS = (
    "tcp.relative_sequence_numbers:FALSE", "tcp.desegment_tcp_streams:FALSE", "ip.defragment:FALSE",
    "ipv6.defragment:FALSE", "dns.desegment_dns_messages:FALSE", "tls.desegment_ssl_records:FALSE",
    "tls.desegment_ssl_application_data:FALSE",
)  # fmt: skip

#: A field as tshark tells it: layer, name, first octet, octets, value.
Told = tuple[str | None, str | None, int, int, str]


def flat(fields: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Fields and their parts."""
    for field in fields:
        yield field
        yield from flat(field.get("fields", ()))


def decoded(frames: Iterable[bytes | memoryview]) -> list[dict[str, Any]]:
    """What the report's decoder makes of frames."""
    return node.call("explain/decode.js", [("decodeFrame", node.octets(bytes(frame))) for frame in frames])


def values(frame: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The fields of a decoded frame by key, the last one where a key comes again."""
    return {field["key"]: field for layer in frame["layers"] for field in flat(layer["fields"])}


def dissected(capture: Path) -> Iterator[list[Told]]:
    """tshark's fields of each frame."""
    program = shutil.which("tshark")
    if program is None:
        pytest.skip("tshark is not installed")
    command = [program, "-n", "-r", str(capture), "-T", "pdml", *(f"-o{setting}" for setting in _SETTINGS)]
    done = subprocess.run(command, capture_output=True, check=True)
    for packet in ElementTree.fromstring(done.stdout).iter("packet"):
        yield list(_told(packet, None))


def _told(element: ElementTree.Element, layer: str | None) -> Iterator[Told]:
    for child in element:
        inner = child.get("name") if child.tag == "proto" else layer
        if child.tag == "field":
            yield layer, child.get("name"), int(child.get("pos", 0)), int(child.get("size", 0)), child.get("show", "")
        yield from _told(child, inner)


def _spans(frame: dict[str, Any]) -> dict[tuple[str, int, int], dict[str, Any]]:
    """Ours: by key, first octet (of the frame) and octets."""
    found: dict[tuple[str, int, int], dict[str, Any]] = {}
    for layer in frame["layers"][1:]:
        for field in flat(layer["fields"]):
            begin = field["bit"] // 8 - PREAMBLE_OCTETS
            end = (field["bit"] + field["bits"] + 7) // 8 - PREAMBLE_OCTETS
            found.setdefault((field["key"], begin, end - begin), field)
    return found


def _ours(found: dict[tuple[str, int, int], dict[str, Any]], name: str, begin: int, size: int) -> dict[str, Any] | None:
    """The field that tshark means. Of bits, it gives the octets or words that hold them."""
    exact = found.get((name, begin, size))
    if exact is not None:
        return exact
    for (key, at, octets), field in found.items():
        whole = field["bits"] % 8 == field["bit"] % 8 == 0
        if key == name and begin <= at and at + octets <= begin + size and not whole:
            return field
    return None


def _equal(field: dict[str, Any], show: str) -> bool:
    value = field["value"]
    if not show:
        return True  # a tree, or what tshark names but does not read
    if isinstance(value, dict):
        return value["octets"] == show.replace(":", "")
    if isinstance(value, str):
        return value == show
    # tshark counts header lengths in octets, but not every field that has a unit.
    return int(show, 0) in (value, field.get("amount"))


def compare(
    frames: list[dict[str, Any]], capture: Path, layers: Container[str], partly: Container[str] = ()
) -> Counter[str]:
    """Assert that each field of these layers that tshark shows is ours too, in place and value.

    Of the layers ``partly`` those that we have. How many were compared, by layer."""
    compared: Counter[str] = Counter()
    for number, (frame, theirs) in enumerate(zip(frames, dissected(capture), strict=True), 1):
        found = _spans(frame)
        for layer, name, begin, size, show in theirs:
            if not size or not name or not layer or name in NOT_FIELDS or (layer not in layers and layer not in partly):
                continue
            field = _ours(found, name, begin, size)
            # A second view of a field (the resolved address, the maker …) is under the field itself.
            second = (
                layer in partly
                or name.startswith(("eth.", "_ws", "x509", "pkix", "pkcs", "ber."))
                or name.endswith(("_tree", "slaac_mac", ".status"))
            )
            if field is None and second:
                continue
            assert field is not None, (capture.name, number, layer, name, begin, size, show)
            assert _equal(field, show), (capture.name, number, name, field["value"], show)
            compared[layer] += 1
    return compared
