"""What is remembered of servers is bounded, whatever a stranger's zones name."""

from __future__ import annotations

import dns.name

from michinori.dns.upstream import Experience

SERVER = ("192.0.2.53", 53)


def test_of_one_server_the_zones_are_remembered_that_it_did_not_serve_lately():
    experience = Experience()
    zones = [dns.name.from_text(f"zone-{number}.example.") for number in range(1000)]
    for now_ns, zone in enumerate(zones):
        experience.mark_lame(SERVER, zone, now_ns)
    lame = [zone for zone in zones if experience.is_lame(SERVER, zone, 1000)]
    assert lame == zones[-100:]


def test_who_proves_lame_again_is_remembered_anew():
    experience = Experience()
    first, *others = [dns.name.from_text(f"zone-{number}.example.") for number in range(101)]
    for zone in (first, *others[:-1], first, others[-1]):
        experience.mark_lame(SERVER, zone, 0)
    assert experience.is_lame(SERVER, first, 1)
    assert not experience.is_lame(SERVER, others[0], 1)
