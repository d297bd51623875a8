"""Who may ask for what: the file of rules, addresses, domains, users, and the patience with those who guess."""

from __future__ import annotations

import asyncio
import base64
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
import webtalk
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from michinori import World
from michinori.http import Client, Request, ServerRequest, ServerResponse, StaticSite, serve
from michinori.server import access
from michinori.server.access import AccessControl, RulesError
from michinori.server.mounts import Mounts
from michinori.server.passwords import BackOff, make_hash
from michinori.server.reverse_names import ReverseNames

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
USERS = f"""
[users]
aki = '{QUICK.hash("道のり")}'
ben = '{QUICK.hash("b:c")}'
"""


async def whoami(request: ServerRequest) -> ServerResponse:
    return ServerResponse(200, {}, request.user.encode() or b"-")


def basic(user: str, password: str) -> str:
    return "Authorization: Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def get(path: str, *lines: str, method: str = "GET") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: x", "Connection: close", *lines, "", ""]).encode()


def ask(text: str, *requests: bytes, **settings: Any) -> list[bytes]:
    async def main() -> list[bytes]:
        async with webtalk.served(AccessControl(access.parse(text), whoami, **settings)) as port:
            return [await webtalk.talk(port, request) for request in requests]

    return webtalk.run(main())


def statuses(text: str, *requests: bytes, **settings: Any) -> list[int]:
    return [int(answer[9:12]) for answer in ask(text, *requests, **settings)]


def test_without_rules_everything_is_open() -> None:
    assert statuses("", get("/")) == [200]


ADDRESSES = """
[[rule]]
path = "/"
allow = ["127.0.0.0/8", "::1"]

[[rule]]
path = "/closed"
allow = ["10.0.0.0/8"]

[[rule]]
path = "/closed/open"
allow = ["all"]

[[rule]]
path = "/denied"
deny = ["127.0.0.1"]

[[rule]]
path = "/denied/in/vain"
allow = ["127.0.0.1"]

[[rule]]
path = "/read"
methods = ["POST", "GET"]
deny = ["all"]
"""


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/closed", 403),
        ("/closed/x", 403),
        ("/closedx", 200),
        ("/closed/open/x", 200),
        ("/denied/in/vain", 403),
        ("/%63losed", 403),
        ("//closed", 403),
        ("/./closed", 403),
        ("/%2Fclosed", 403),
        ("/closed%2Fx", 403),
        ("/closed%5cx", 403),
        ("/closed/open/../x", 400),
        ("/closed/open%2F..%2Fx", 400),
        ("/closed/open%2f%2e%2e/x", 400),
        ("http://x/closed", 403),
        ("/?/closed", 200),
    ],
)
def test_the_rule_with_the_longest_path_allows_and_any_denies(path: str, status: int) -> None:
    assert statuses(ADDRESSES, get(path)) == [status]


def test_head_is_read_as_get_is() -> None:
    requests = (get("/read", method="POST"), get("/read", method="HEAD"), get("/read", method="PUT"))
    assert statuses(ADDRESSES, *requests) == [403, 403, 200]


def test_what_a_proxy_says_is_believed_only_of_one_that_is_trusted() -> None:
    rule = '[[rule]]\nallow = ["192.0.2.7"]\n'
    told = get("/", "X-Forwarded-For: 192.0.2.7")
    assert statuses(rule, told) == [403]
    trusting = 'trusted_proxies = ["127.0.0.1", "10.0.0.0/8"]\n' + rule
    beyond = get("/", "X-Forwarded-For: 192.0.2.7, 198.51.100.1, 10.0.0.1")
    chain = get("/", "X-Forwarded-For: junk, 192.0.2.7", "X-Forwarded-For: 10.0.0.1")
    assert statuses(trusting, told, beyond, chain, get("/", "X-Forwarded-For: junk"), get("/")) == [
        *(200, 403, 200, 400, 403)
    ]


PRIVATE = USERS + '[[rule]]\npath = "/private"\nusers = ["aki"]\n[[rule]]\npath = "/both"\nusers = ["*"]\n'


def test_users_and_passwords() -> None:
    asked, right, wrong, other, colon = ask(
        PRIVATE,
        get("/private"),
        get("/private", basic("aki", "道のり")),
        get("/private", basic("aki", "道のリ")),
        get("/private", basic("ben", "b:c")),
        get("/both", basic("ben", "b:c")),
    )
    assert asked.startswith(b"HTTP/1.1 401 ")
    assert b'WWW-Authenticate: Basic realm="Michinori", charset="UTF-8"\r\n' in asked
    assert right.endswith(b"aki")
    assert wrong.startswith(b"HTTP/1.1 401 ")
    assert other.startswith(b"HTTP/1.1 403 ")
    assert colon.endswith(b"ben")


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("Authorization: Bearer x", 401),
        ("Authorization: Basic", 400),
        ("Authorization: Basic !!!", 400),
        ("Authorization: Basic YWtp", 400),
        ("Authorization: basic " + base64.b64encode("aki:道のり".encode()).decode(), 200),
        ("Authorization: Basic " + base64.b64encode(b"aki:\xff\xfe").decode(), 401),
        (basic("aki", "x" * 3000), 401),
        (basic("aki", "道のり") + "\r\n" + basic("ben", "b:c"), 400),
    ],
)
def test_odd_credentials(line: str, status: int) -> None:
    assert statuses(PRIVATE, get("/private", line)) == [status]


def test_who_guesses_has_to_wait_even_if_right_at_last() -> None:
    guesses = [get("/private", basic("aki", f"guess {number}")) for number in range(5)]
    answers = ask(PRIVATE, *guesses, get("/private", basic("aki", "道のり")), get("/both", basic("ben", "b:c")))
    assert [int(answer[9:12]) for answer in answers] == [401, 401, 401, 401, 429, 429, 200]
    assert b"Retry-After: 1\r\n" in answers[4]


def test_guesses_side_by_side_are_counted_one_by_one() -> None:
    async def main() -> list[bytes]:
        async with webtalk.served(AccessControl(access.parse(PRIVATE), whoami)) as port:
            guesses = (get("/private", basic("aki", f"guess {number}")) for number in range(20))
            return await asyncio.gather(*(webtalk.talk(port, guess) for guess in guesses))

    answers = webtalk.run(main())
    assert sum(answer.startswith(b"HTTP/1.1 401") for answer in answers) == 4


def test_the_waiting_doubles_and_is_forgotten() -> None:
    back_off = BackOff(free=3, longest_s=100)
    waits = []
    for _ in range(12):
        back_off.failed("a", "u", 0.0)
        waits.append(back_off.wait_s("a", "u", 0.0))
    assert waits == [0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 100, 100]
    assert back_off.wait_s("b", "u", 0.0) == back_off.wait_s("a", "v", 0.0) == 0
    back_off.failed("a", "u", 500.0)
    assert back_off.wait_s("a", "u", 500.0) == 0
    for number in range(40):
        back_off.failed("c", f"user {number}", 0.0)
    assert back_off.wait_s("c", "yet another", 0.0) > 0


def test_a_made_hash_is_one_that_is_taken() -> None:
    assert statuses(f"[users]\nu = '{make_hash('p')}'\n[[rule]]\nusers = ['*']\n", get("/", basic("u", "p"))) == [200]


class Names:
    """A loop's names, as somebody set them up."""

    def __init__(self, reverse: dict[str, str], forward: dict[str, list[str]]) -> None:
        self.reverse = reverse
        self.forward = forward
        self.asked = 0

    def into(self, loop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        async def getnameinfo(address: Any, flags: int = 0) -> tuple[str, str]:
            self.asked += 1
            await asyncio.sleep(0)
            if address[0] not in self.reverse:
                raise socket.gaierror(socket.EAI_NONAME, "no name")
            return self.reverse[address[0]], str(address[1])

        async def getaddrinfo(name: Any, port: Any, **_: Any) -> list[Any]:
            return [(2, 1, 6, "", (address, 0)) for address in self.forward.get(name, [])]

        monkeypatch.setattr(loop, "getnameinfo", getnameinfo)
        monkeypatch.setattr(loop, "getaddrinfo", getaddrinfo)


@pytest.mark.parametrize(
    ("reverse", "forward", "name"),
    [
        ({"192.0.2.1": "Pc.Home.Example."}, {"pc.home.example": ["192.0.2.1"]}, ("pc.home.example", True)),
        ({"192.0.2.1": "bank.example"}, {"bank.example": ["198.51.100.1"]}, ("bank.example", False)),
        ({"192.0.2.1": "none.example"}, {}, ("none.example", False)),
        ({"192.0.2.1": "192.0.2.1"}, {"192.0.2.1": ["192.0.2.1"]}, ("", False)),
        ({}, {}, ("", False)),
    ],
)
def test_a_name_is_confirmed_only_if_it_leads_back(
    reverse: dict[str, str], forward: dict[str, list[str]], name: tuple[str, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        told = Names(reverse, forward)
        told.into(asyncio.get_running_loop(), monkeypatch)
        names = ReverseNames()
        assert await asyncio.gather(*(names.name("192.0.2.1") for _ in range(5))) == [name] * 5
        assert await names.name("192.0.2.1") == name
        assert told.asked == 1

    webtalk.run(main())


def test_a_silent_resolver_is_waited_for_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> list[tuple[str, bool]]:
        async def silence(*_: Any, **__: Any) -> Any:
            await asyncio.sleep(1000)

        loop = asyncio.get_running_loop()
        Names({"192.0.2.1": "a.example"}, {}).into(loop, monkeypatch)
        monkeypatch.setattr(loop, "getaddrinfo", silence)
        claimed = await ReverseNames(within_s=0.05).name("192.0.2.1")
        monkeypatch.setattr(loop, "getnameinfo", silence)
        return [claimed, await ReverseNames(within_s=0.05).name("192.0.2.1")]

    assert webtalk.run(main()) == [("a.example", False), ("", False)]


@pytest.mark.parametrize(
    ("forward", "denied", "allowed"), [(["127.0.0.1"], 403, 200), (["198.51.100.1"], 403, 403), ([], 403, 403)]
)
def test_who_only_claims_a_name_is_denied_by_it_and_not_allowed(
    forward: list[str], denied: int, allowed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = '[[rule]]\npath = "/deny"\ndeny = [".a.example"]\n[[rule]]\npath = "/allow"\nallow = ["pc.a.example"]\n'

    async def main() -> list[bytes]:
        async with webtalk.served(AccessControl(access.parse(rules), whoami)) as port:
            names = Names({"127.0.0.1": "pc.a.example"}, {"pc.a.example": forward})
            names.into(asyncio.get_running_loop(), monkeypatch)
            return [await webtalk.talk(port, get(path)) for path in ("/deny", "/allow")]

    assert [int(answer[9:12]) for answer in webtalk.run(main())] == [denied, allowed]


def test_a_path_copied_from_the_address_bar_is_guarded_like_the_one_that_is_typed() -> None:
    rule = "[[rule]]\npath = '{}'\ndeny = ['all']\n"
    asked = [get("/%E7%A7%98/x"), get("/%e7%A7%98")]
    for written in ("/%E7%A7%98", "/秘", "/./秘/"):
        assert statuses(rule.format(written), *asked) == [403, 403]
    assert statuses(rule.format("/a\\b"), get("/a/b"), get("/a%5Cb"), get("/a")) == [403, 403, 200]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[rules]]\n", "object contains unknown field `rules`"),
        ("[[rule]]\npath='/'\nalow=['all']\n", "[[rule]] number 1: object contains unknown field `alow`"),
        ("[[rule]]\nallow='all'\n", "[[rule]] number 1, allow: expected `array`, got `str`"),
        (
            "[[rule]]\nallow=['10.0.0.1/8']\n",
            "[[rule]] number 1, allow: 10.0.0.1/8 has bits set behind its prefix: the network is 10.0.0.0/8",
        ),
        ("[[rule]]\nallow=['10.0.0.300']\n", "[[rule]] number 1, allow: '10.0.0.300' does not appear to be"),
        ("[[rule]]\ndeny=['not a name']\n", "[[rule]] number 1, deny: 'not a name' is neither all nor an address"),
        ("[[rule]]\npath='x'\nallow=['all']\n", "[[rule]] number 1: the path 'x' should begin with /"),
        ("[[rule]]\npath='/a/../b'\nallow=['all']\n", "[[rule]] number 1: the path '/a/../b' climbs"),
        ("[[rule]]\npath='/a'\n", "[[rule]] number 1 says nothing"),
        ("[[rule]]\nmethods=['get']\nallow=['all']\n", "[[rule]] number 1: 'get' is no method"),
        ("[[rule]]\nusers=['nobody']\n", "[[rule]] number 1: there is no user 'nobody' in [users]"),
        ("[users]\na='secret'\n", "[users]: the password of a is neither an argon2 nor a bcrypt hash"),
        ("[users]\na='$argon2id$v=19$x'\n", "[users]: the hash of a is not a whole argon2 hash"),
        ("[users]\n'a:b'='x'\n", "[users]: 'a:b' is no name of a user"),
        ("realm='あ'\n", "realm: it should be a few ASCII characters"),
        ("trusted_proxies=['x']\n", "trusted_proxies: 'x' does not appear to be"),
        ("[[rule]\n", "this is not TOML"),
    ],
)
def test_a_mistake_in_the_file_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "access.toml"
    file.write_text(text)
    with pytest.raises(RulesError) as caught:
        access.load(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(RulesError, match=r"the access file .*none.toml cannot be read: No such file"):
        access.load("none.toml")


@pytest.mark.row("A11")
@pytest.mark.parametrize("kind", ["$2a$", "$2b$", "$2y$"])
def test_bcrypt_hashes_are_taken(kind: str) -> None:
    bcrypt = pytest.importorskip("bcrypt")
    password = "道のり" + "x" * 80  # bcrypt looks at 72 octets
    hashed = kind + bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4)).decode()[4:]
    rules = f"[users]\naki = '{hashed}'\nben = '{QUICK.hash('b')}'\n[[rule]]\nusers = ['*']\n"
    asked = (
        get("/", basic("aki", password)),
        get("/", basic("aki", password)),  # remembered
        get("/", basic("aki", "道のり")),
        get("/", basic("aki", "")),
        get("/", basic("ben", password)),
        get("/", basic("nobody", password)),
        get("/", basic("ben", "b")),
    )
    assert statuses(rules, *asked) == [200, 200, 401, 401, 401, 401, 200]


@pytest.mark.parametrize(
    "hashed",
    [
        "$2b$12$" + "x" * 53,  # no salt of 128 bits
        "$2b$12$" + "." * 52,
        "$2x$12$" + "." * 53,
        "$2b$03$" + "." * 53,
        "$2b$32$" + "." * 53,
        "$2b$12$" + "." * 52 + "!",
    ],
)
def test_what_is_no_bcrypt_hash(hashed: str) -> None:
    with pytest.raises(RulesError, match="the password of a is neither an argon2 nor a bcrypt hash"):
        access.parse(f"[users]\na='{hashed}'\n")


@pytest.mark.parametrize(
    ("library", "hashed"), [("bcrypt", "$2b$12$" + "." * 53), ("argon2", "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$eA")]
)
def test_a_hash_asks_for_its_library(monkeypatch: pytest.MonkeyPatch, library: str, hashed: str) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(RulesError, match=rf"needs {library}: pip install"):
        access.parse(f"[users]\na='{hashed}'\n")


@given(st.text(alphabet="/.%25fFeE\\cclosedx ", max_size=30))
def test_no_spelling_of_a_path_gets_around_a_rule(text: str) -> None:
    """Whatever a handler could decode to a path below /closed is refused."""
    from urllib.parse import unquote

    from michinori.server.access import _segments

    try:
        segments = _segments("/" + text)
    except Exception:
        return
    decoded = [part for part in unquote("/" + text).replace("\\", "/").split("/") if part not in ("", ".")]
    assert ".." not in decoded
    if decoded[:1] == ["closed"]:
        assert segments[:1] == ("closed",)


@pytest.mark.row("B23")
def test_on_a_virtual_host_by_address_domain_and_password(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("in")
    rules = access.parse(
        USERS
        + """
        [[rule]]
        path = "/"
        deny = ["bad"]
        [[rule]]
        path = "/network"
        allow = ["10.0.0.0/8"]
        deny = ["10.9.9.9"]
        [[rule]]
        path = "/domain"
        allow = ["good"]
        [[rule]]
        path = "/user"
        users = ["aki"]
        """
    )

    def journey() -> tuple[list[list[int]], int]:
        with World(seed=5, record=True) as world:
            server, switch = world.host("server"), world.switch("switch")
            world.link(server, switch)
            clients = [world.host("good"), world.host("bad")]
            for client in clients:
                world.link(client, switch, delay="3ms")
            site = StaticSite(tmp_path)
            handler = AccessControl(rules, Mounts({f"/{name}": site for name in ("network", "domain", "user")}))

            async def run_server() -> None:
                await (await serve(handler)).serve_forever()

            async def drive() -> list[int]:
                async with Client() as http:
                    answers = [
                        await http.fetch(Request.get(f"http://server/{name}/")) for name in ("network", "domain")
                    ]
                    for line in ("", basic("aki", "x"), basic("aki", "道のり")):
                        headers = dict([line.split(": ", 1)]) if line else {}
                        answers.append(await http.fetch(Request.get("http://server/user/", headers)))
                return [answer.status for answer in answers]

            server.spawn(run_server())
            return [world.run(drive(), on=client) for client in clients], world.now_ns

    (good, bad), ended_ns = journey()
    assert good == [200, 200, 401, 401, 200]
    assert bad == [403, 403, 403, 403, 403]
    assert journey()[1] == ended_ns
