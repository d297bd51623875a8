"""What is kept, for how long, and what has to go."""

from __future__ import annotations

import dns.name
import dns.rdatatype
import dns.rrset
from hypothesis import given
from hypothesis import strategies as st

from michinori.dns.cache import Cache, Terms
from michinori.dns.told import Nothing, Question, Records, Told
from michinori.trace import NS_PER_S

A = dns.rdatatype.A
SOA = dns.rrset.from_text("example.", 600, "IN", "SOA", "ns.example. root.example. 1 2 3 4 100")


def name(text: str) -> dns.name.Name:
    return dns.name.from_text(text)


def records(owner: str, ttl: int, kind: str = "A", data: str = "192.0.2.1") -> dns.rrset.RRset:
    return dns.rrset.from_text(owner, ttl, "IN", kind, data)


def ttl_of(cache: Cache, owner: str, at_s: float) -> int | None:
    told = cache.find(Question(name(owner), A), round(at_s * NS_PER_S))
    return told.end.rrset.ttl if told is not None and isinstance(told.end, Records) else None


def test_the_ttl_counts_down_and_the_end_is_exact():
    cache = Cache()
    cache.keep(records("www.example.", 60), 0)
    assert [ttl_of(cache, "www.example.", at) for at in (0, 0.5, 1, 59, 59.9, 60)] == [60, 59, 59, 1, 0, None]


def test_ttls_are_bounded():
    cache = Cache(Terms(max_ttl_s=100, min_ttl_s=5))
    cache.keep(records("long.example.", 10**6), 0)
    cache.keep(records("short.example.", 1), 0)
    assert ttl_of(cache, "long.example.", 0) == 100
    assert ttl_of(cache, "short.example.", 0) == 5


def test_what_is_kept_is_a_copy():
    cache = Cache()
    mine = records("www.example.", 60)
    cache.keep(mine, 0)
    mine.ttl = 1
    assert ttl_of(cache, "www.example.", 0) == 60


def test_a_denial_holds_for_the_smaller_of_ttl_and_minimum():
    cache = Cache()
    question = Question(name("no.example."), A)
    cache.deny(question, Nothing(name_exists=False, soa=SOA), 0)
    for rdtype in ("A", "AAAA", "TXT"):
        told = cache.find(Question(question.name, dns.rdatatype.from_text(rdtype)), 99 * NS_PER_S)
        assert told is not None
        assert isinstance(told.end, Nothing)
    assert cache.find(question, 100 * NS_PER_S) is None


def test_a_denial_without_soa_is_not_kept():
    cache = Cache()
    cache.deny(Question(name("no.example."), A), Nothing(name_exists=False, soa=None), 0)
    assert len(cache) == 0


def test_a_name_that_appears_is_no_longer_denied():
    cache = Cache()
    question = Question(name("new.example."), A)
    cache.deny(question, Nothing(name_exists=False, soa=SOA), 0)
    cache.keep(records("new.example.", 60, "TXT", '"here"'), 0)
    assert cache.find(question, 0) is None


def test_aliases_are_followed_as_far_as_they_are_known():
    cache = Cache()
    cache.keep(records("a.example.", 60, "CNAME", "b.example."), 0)
    told = cache.find(Question(name("a.example."), A), 0)
    assert told is not None
    assert told.end is None
    cache.learn(
        Question(name("b.example."), A),
        Told((records("b.example.", 50, "CNAME", "c.example."),), Records(records("c.example.", 40))),
        0,
    )
    told = cache.find(Question(name("a.example."), A), 10 * NS_PER_S)
    assert told is not None
    assert [rrset.ttl for rrset in told.aliases] == [50, 40]
    assert isinstance(told.end, Records)
    assert told.end.rrset.ttl == 30


def test_a_circle_of_aliases_ends():
    cache = Cache()
    cache.keep(records("a.example.", 60, "CNAME", "b.example."), 0)
    cache.keep(records("b.example.", 60, "CNAME", "a.example."), 0)
    told = cache.find(Question(name("a.example."), A), 0)
    assert told is not None
    assert len(told.aliases) == 2
    assert told.end is None


def test_the_least_recently_used_goes_first():
    cache = Cache(Terms(size=2))
    cache.keep(records("a.example.", 60), 0)
    cache.keep(records("b.example.", 60), 0)
    assert ttl_of(cache, "a.example.", 1) == 59
    cache.keep(records("c.example.", 60), 0)
    assert [ttl_of(cache, owner, 1) for owner in ("a.example.", "b.example.", "c.example.")] == [59, None, 59]


def test_expired_records_go_when_they_are_looked_at():
    cache = Cache()
    cache.keep(records("a.example.", 60), 0)
    assert len(cache) == 1
    assert ttl_of(cache, "a.example.", 61) is None
    assert len(cache) == 0


def test_stale_records_are_for_those_who_ask_for_them():
    cache = Cache(Terms(stale_s=1000))
    cache.keep(records("a.example.", 60), 0)
    question = Question(name("a.example."), A)
    assert cache.find(question, 61 * NS_PER_S) is None
    told = cache.find(question, 61 * NS_PER_S, stale=True)
    assert told is not None
    assert isinstance(told.end, Records)
    assert told.end.rrset.ttl == 30
    assert cache.find(question, 1061 * NS_PER_S, stale=True) is None


def test_failures_are_kept_for_longer_each_time_in_a_row():
    cache, now_ns, seconds = Cache(), 0, []
    question = Question(name("a.example."), A)
    for _ in range(8):
        cache.fail(question, "why", now_ns)
        failure = cache.failure(question, now_ns)
        assert failure is not None
        seconds.append(failure.seconds)
        now_ns += failure.seconds * NS_PER_S
        assert cache.failure(question, now_ns) is None
    assert seconds == [5, 10, 20, 40, 80, 160, 300, 300]
    cache.succeed(question)
    cache.fail(question, "why", now_ns)
    assert cache.failure(question, now_ns + 5 * NS_PER_S) is None


def test_it_can_be_shown():
    cache = Cache()
    cache.keep(records("www.example.", 60), 0)
    cache.deny(Question(name("no.example."), A), Nothing(name_exists=False, soa=SOA), 0)
    cache.deny(Question(name("www.example."), dns.rdatatype.AAAA), Nothing(name_exists=True, soa=SOA), 0)
    cache.keep(records("old.example.", 5), 0)
    assert [(line.name, line.type, line.ttl_s, line.text) for line in cache.lines(10 * NS_PER_S)] == [
        ("www.example.", "A", 50, "192.0.2.1"),
        ("no.example.", "any", 90, "NXDOMAIN"),
        ("www.example.", "AAAA", 90, "NODATA"),
    ]
    cache.flush()
    assert list(cache.lines(0)) == []


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 300), st.integers(0, 50)), max_size=60))
def test_it_never_holds_too_much_nor_serves_too_long(steps):
    cache, now_s, kept = Cache(Terms(size=8)), 0, {}
    for number, ttl, wait in steps:
        owner = f"n{number}.example."
        left = ttl_of(cache, owner, now_s)
        assert left is None or left == kept[owner] - now_s
        cache.keep(records(owner, ttl), now_s * NS_PER_S)
        if ttl:
            kept[owner] = now_s + ttl
        now_s += wait
        assert len(cache) <= 8
