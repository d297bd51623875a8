"""Names as people write them."""

from __future__ import annotations

import pickle
import socket
from contextlib import suppress

import dns.name
import pytest
from hypothesis import given
from hypothesis import strategies as st

from michinori.dns.errors import BadName, NoAddress, NoSuchName
from michinori.dns.names import ancestors, candidates, to_name

SEARCH = [dns.name.from_text("home.example."), dns.name.from_text("example.")]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("www.example", "www.example."),
        ("www.example.", "www.example."),
        ("WWW.Example", "WWW.Example."),
        ("日本語.example", "xn--wgv71a119e.example."),
        ("日本語。example", "xn--wgv71a119e.example."),
        ("Bücher.example", "xn--bcher-kva.example."),
        ("_sip._tcp.example", "_sip._tcp.example."),
        (".", "."),
    ],
)
def test_names_are_absolute_and_ascii(text, name):
    assert str(to_name(text)) == name


@pytest.mark.parametrize("text", ["", "a..b", "x" * 64, ".".join(["x" * 60] * 5), ".a", "é..b", "\\"])
def test_what_cannot_be_a_name_is_told(text):
    with pytest.raises(BadName) as raised:
        to_name(text)
    assert raised.value.errno == socket.EAI_NONAME
    assert raised.value.name == text


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("www", ["www.home.example.", "www.example.", "www."]),
        ("www.", ["www."]),
        ("www.lab", ["www.lab.", "www.lab.home.example.", "www.lab.example."]),
        ("www.lab.", ["www.lab."]),
        ("日本。", ["xn--wgv71a."]),
    ],
)
def test_short_names_are_looked_for_below_the_search_list(text, names):
    assert [str(name) for name in candidates(text, SEARCH)] == names


def test_more_dots_may_be_asked_for():
    assert [str(name) for name in candidates("www.lab", SEARCH[:1], ndots=2)] == ["www.lab.home.example.", "www.lab."]


def test_guesses_that_would_be_too_long_are_left_out():
    long = ".".join(["x" * 60] * 4)
    assert [len(name) for name in candidates(long, SEARCH)] == [5, 6]


def test_ancestors_end_at_the_root():
    assert [str(name) for name in ancestors(to_name("www.example"))] == ["www.example.", "example.", "."]


@given(st.text(max_size=80))
def test_any_text_is_a_name_or_a_bad_one(text):
    with suppress(BadName):
        assert to_name(text).is_absolute()


def test_errors_are_those_of_getaddrinfo_and_a_sentence():
    error = NoSuchName("www.example", "no such name (NXDOMAIN)")
    assert isinstance(error, socket.gaierror)
    assert error.errno == socket.EAI_NONAME
    assert str(error) == "www.example: no such name (NXDOMAIN)"
    copy = pickle.loads(pickle.dumps(NoAddress("a", "b")))
    assert (copy.errno, copy.name, copy.reason) == (getattr(socket, "EAI_NODATA", socket.EAI_NONAME), "a", "b")
