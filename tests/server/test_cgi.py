"""CGI programs in Perl, shell and Python: what they are told, what becomes of what they say, and how they end."""

from __future__ import annotations

import asyncio
import os
import shutil
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest
import webtalk

from michinori import World
from michinori.http import Client, Request, Response, StaticSite, serve
from michinori.server import access, living
from michinori.server.access import AccessControl
from michinori.server.cgi import CgiHandler
from michinori.server.mounts import Mounts
from michinori.server.programs import ProgramLimits

PERL = r"""
    #!/usr/bin/perl
    read(STDIN, my $body, $ENV{CONTENT_LENGTH} // 0);
    print "Content-Type: text/plain\n\n";
    print "$_=$ENV{$_}\n" for sort keys %ENV;
    print "body=$body\n";
"""
SHELL = r"""
    #!/bin/sh
    printf 'Content-Type: text/plain\r\n\r\n'
    printf 'method=%s query=%s body=' "$REQUEST_METHOD" "$QUERY_STRING"
    cat
"""
PYTHON = r"""
    #!/usr/bin/env python3
    import os, sys
    from urllib.parse import parse_qs
    form = parse_qs(sys.stdin.buffer.read().decode())
    sys.stdout.write("Content-Type: text/html; charset=utf-8\n\n")
    sys.stdout.flush()
    sys.stdout.buffer.write(f"<p>{form['name'][0]}</p>".encode())
"""


def program(folder: Path, name: str, text: str, *, mode: int = 0o755) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(textwrap.dedent(text).lstrip())
    file.chmod(mode)


def says(folder: Path, name: str, head: str) -> None:
    program(folder, name, f"#!/bin/sh\nprintf '{head}'\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "cgi"
    if shutil.which("perl"):
        program(folder, "env.pl", PERL)
    program(folder, "echo.sh", SHELL)
    program(folder, "form.py", PYTHON)
    return folder


def ask(handler: Any, octets: bytes) -> bytes:
    async def main() -> bytes:
        async with webtalk.served(handler) as port:
            return await webtalk.talk(port, octets)

    return webtalk.run(main())


def get(path: str, *lines: str, method: str = "GET", body: bytes = b"") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: x:81", *lines, "", ""]).encode() + body


def test_what_a_perl_program_is_told(folder: Path) -> None:
    if not (folder / "env.pl").exists():
        pytest.skip("perl is not installed")
    lines = ["Proxy: http://evil/", "X-Two-Words: 1", "X-Two-Words: 2", "X_Two_Words: 3", "Cookie: a=1", "Cookie: b=2"]
    lines += ["Authorization: Basic eDp5", "Content-Type: text/x", "Content-Length: 4", "Connection: close"]
    request = get("/cgi-bin/env.pl/a%20b//c?x=%31&y", *lines, method="POST", body=b"\0abc")
    answer = ask(Mounts({"/cgi-bin": CgiHandler(folder)}), request)
    told = dict(line.split("=", 1) for line in webtalk.dechunked(answer).decode().splitlines() if "=" in line)
    assert (
        told.items()
        >= {
            "GATEWAY_INTERFACE": "CGI/1.1",
            "REQUEST_METHOD": "POST",
            "SCRIPT_NAME": "/cgi-bin/env.pl",
            "PATH_INFO": "/a b//c",
            "PATH_TRANSLATED": f"{folder}/a b//c",
            "QUERY_STRING": "x=%31&y",
            "SERVER_NAME": "x",
            "SERVER_PORT": "81",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_LENGTH": "4",
            "CONTENT_TYPE": "text/x",
            "HTTP_X_TWO_WORDS": "1, 2",
            "HTTP_COOKIE": "a=1; b=2",
            "body": "\0abc",
        }.items()
    )
    assert not told.keys() & {"HTTP_PROXY", "HTTP_AUTHORIZATION", "HTTP_CONTENT_LENGTH", "HTTP_HOST_", "HOME"}


def test_a_chunked_body_comes_whole_with_its_length(folder: Path) -> None:
    program(folder, "length.sh", "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n%s:' $CONTENT_LENGTH; cat\n")
    body = b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    answer = ask(CgiHandler(folder), get("/length.sh", "Transfer-Encoding: chunked", method="POST", body=body))
    assert webtalk.dechunked(answer) == b"5:abcde"


def test_a_python_program_reads_a_form(folder: Path) -> None:
    body = b"name=%E9%81%93%E3%81%AE%E3%82%8A"
    answer = ask(CgiHandler(folder), get("/form.py", f"Content-Length: {len(body)}", method="POST", body=body))
    assert webtalk.dechunked(answer).decode() == "<p>道のり</p>"


@pytest.mark.parametrize(
    ("head", "status", "field"),
    [
        (r"Status: 404 Nowhere\nContent-Type: text/plain\n\n", b"404 Nowhere", b"Content-Type: text/plain"),
        (r"Status: 201\r\nContent-Type: a/b\r\nX: 1\r\n\r\n", b"201 Created", b"X: 1"),
        (r"Location: http://elsewhere.example/\n\n", b"302 Found", b"Location: http://elsewhere.example/"),
        (r"Location: //elsewhere.example/\n\n", b"302 Found", b"Location: //elsewhere.example/"),
        (r"Location: http://e.example/\nStatus: 303\nContent-Type: a/b\n\nx", b"303 See Other", b"Content-Type: a/b"),
        (r"Content-Type: a/b\nConnection: upgrade\nTransfer-Encoding: x\n\n", b"200 OK", b"Content-Type: a/b"),
        ("", b"502 ", b""),
        (r"\n", b"502 ", b""),
        (r"hello\n\n", b"502 ", b""),
        (r"Content-Type: a/b\n", b"502 ", b""),
        (r"Content-Type: a/b\nContent-Type: a/b\n\n", b"502 ", b""),
        (r"Content Type: a/b\n\n", b"502 ", b""),
        (r"Status: 99\n\n", b"502 ", b""),
        (r"Status: 101 Switching\n\n", b"502 ", b""),
        (r"X-Only: 1\n\n", b"502 ", b""),
    ],
)
def test_heads(folder: Path, head: str, status: bytes, field: bytes) -> None:
    says(folder, "x.sh", head)
    answer = ask(CgiHandler(folder), get("/x.sh"))
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert field in answer
    assert b"upgrade" not in answer
    assert answer.count(b"HTTP/1.1 ") == 1


def test_a_local_redirect_is_answered_by_the_site(folder: Path, tmp_path: Path) -> None:
    says(folder, "go.sh", r"Location: /files/page.html?x\n\n")
    says(folder, "round.sh", r"Location: /cgi/round.sh\n\n")
    (tmp_path / "files").mkdir()
    (tmp_path / "files/page.html").write_text("a page")
    says(folder, "in.sh", r"Location: /files/private/page.html\n\n")
    rules = access.parse('[[rule]]\npath="/files/private"\ndeny=["all"]\n')
    mounts = Mounts({"/cgi": CgiHandler(folder), "/files": StaticSite(tmp_path / "files")})
    site = living.crown(AccessControl(rules, mounts))
    answer = ask(site, get("/cgi/go.sh", "Content-Length: 5", method="POST", body=b"12345"))
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"a page")
    assert ask(site, get("/cgi/round.sh")).startswith(b"HTTP/1.1 502")
    assert ask(site, get("/cgi/in.sh")).startswith(b"HTTP/1.1 403")


def test_a_program_that_speaks_http_itself(folder: Path) -> None:
    """Section 5.2: its output goes to the client unmodified, and the connection ends with it."""
    for number, said in enumerate(
        (
            r"HTTP/1.0 203 Perhaps\r\nContent-Type: a/b\r\n\r\nself",
            r"HTTP/1.1 200 OK\nX-Odd:\tvalue \n\n",
            r"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
            r"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
        )
    ):
        says(folder, f"nph-{number}.sh", said)
        for method in ("GET", "HEAD"):
            asked = get(f"/nph-{number}.sh", method=method) + get("/never")
            assert ask(CgiHandler(folder), asked) == said.encode().decode("unicode_escape").encode()


@pytest.mark.parametrize("said", ["Content-Type: a/b\\r\\n\\r\\nx", "HTTP/1.1 OK\\r\\n\\r\\n", "HTTP/1.1 200", ""])
def test_a_program_that_should_speak_http_and_does_not(folder: Path, said: str) -> None:
    says(folder, "nph-a.sh", said)
    assert ask(CgiHandler(folder), get("/nph-a.sh")).startswith(b"HTTP/1.1 502")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 403),
        ("/none.sh", 404),
        ("/plain.txt", 403),
        ("/link.sh", 404),
        ("/inside.sh", 200),
        ("/../cgi/echo.sh", 400),
        ("/%2e%2e/cgi/echo.sh", 400),
        ("/sub%2fecho.sh", 404),
        ("/echo.sh/%00", 400),
        ("/echo.sh/../x", 400),
        ("/echo.sh%00", 400),
        ("/.hidden.sh", 404),
        ("/sub", 403),
        ("/sub/echo.sh", 200),
        ("/echo.sh/more/and/more", 200),
    ],
)
def test_only_executable_files_below_the_folder(
    folder: Path, tmp_path: Path, path: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    program(folder, "plain.txt", "text", mode=0o644)
    program(folder, ".hidden.sh", SHELL)
    program(folder, "sub/echo.sh", SHELL)
    program(tmp_path, "outside.sh", SHELL)
    (folder / "link.sh").symlink_to(tmp_path / "outside.sh")
    (folder / "inside.sh").symlink_to(folder / "echo.sh")
    assert ask(CgiHandler(folder), get(path)).startswith(b"HTTP/1.1 %d" % status)
    if path == "/plain.txt":
        assert "not executable (chmod +x)" in caplog.text


def test_an_answer_is_streamed_while_the_program_runs(folder: Path) -> None:
    program(folder, "slow.sh", "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\none'\nsleep 30\n")

    async def main() -> None:
        async with webtalk.served(CgiHandler(folder)) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(get("/slow.sh"))
            await reader.readuntil(b"one")
            webtalk.reset(writer)

    began = time.monotonic()
    webtalk.run(main())
    assert time.monotonic() - began < 10


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


def test_who_takes_too_long_is_ended_with_all_its_children(folder: Path, tmp_path: Path) -> None:
    program(folder, "long.sh", f"#!/bin/sh\ntrap '' TERM\nsleep 60 & echo $! $$ > {tmp_path}/pids\nwait; sleep 60\n")
    limits = ProgramLimits(run_s=0.5, mercy_s=0.3)
    began = time.monotonic()
    assert ask(CgiHandler(folder, limits=limits), get("/long.sh")).startswith(b"HTTP/1.1 504")
    assert time.monotonic() - began < 10
    assert not any(alive(int(pid)) for pid in (tmp_path / "pids").read_text().split())


def test_a_client_that_leaves_takes_the_program_along(folder: Path, tmp_path: Path) -> None:
    program(folder, "wait.sh", f"#!/bin/sh\necho $$ > {tmp_path}/pid\nsleep 60\n")

    async def main() -> None:
        async with webtalk.served(CgiHandler(folder)) as port:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(get("/wait.sh"))
            await webtalk.until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text() != "")
            webtalk.reset(writer)
            pid = int((tmp_path / "pid").read_text())
            await webtalk.until(lambda: not alive(pid))

    webtalk.run(main())


def test_a_client_that_has_no_more_to_say_is_waited_for_but_not_for_long(folder: Path, tmp_path: Path) -> None:
    program(folder, "wait.sh", f"#!/bin/sh\necho $$ > {tmp_path}/pid\nsleep 60\n")
    says(folder, "quick.sh", r"Content-Type: a/b\n\nhere")

    pid = tmp_path / "pid"

    async def answer(name: str, patience_s: float) -> bytes:
        handler = CgiHandler(folder, limits=ProgramLimits(patience_s=patience_s))
        async with webtalk.served(handler) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(get(f"/{name}"))
            await webtalk.until(lambda: name == "quick.sh" or (pid.exists() and pid.read_text().endswith("\n")))
            writer.write_eof()
            octets = await reader.read()
            writer.close()
            return octets

    async def main() -> None:
        assert b"here" in await answer("quick.sh", 60)
        assert b"here" not in await answer("wait.sh", 0.3)
        await webtalk.until(lambda: not alive(int(pid.read_text())))

    webtalk.run(main())


def test_bounds_on_memory_and_output(folder: Path) -> None:
    program(
        folder,
        "hungry.py",
        "#!/usr/bin/env python3\nprint('Content-Type: a/b\\n')\nx = bytearray(1 << 29)\nprint('swallowed')\n",
    )
    answer = ask(CgiHandler(folder, limits=ProgramLimits(memory_octets=1 << 28)), get("/hungry.py"))
    assert b"swallowed" not in answer
    program(folder, "endless.sh", "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\n'\nexec cat /dev/zero\n")
    with pytest.raises(OSError):  # noqa: PT011
        ask(CgiHandler(folder, limits=ProgramLimits(output_octets=100_000)), get("/endless.sh"))
    program(folder, "headless.sh", "#!/bin/sh\nexec cat /dev/zero\n")
    assert ask(CgiHandler(folder), get("/headless.sh")).startswith(b"HTTP/1.1 502")


def test_what_is_said_on_stderr_goes_to_the_log(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    program(folder, "err.sh", "#!/bin/sh\nprintf 'bad \\033[31mthing\\n' >&2\nprintf 'Content-Type: a/b\\n\\n'\n")
    ask(CgiHandler(folder), get("/err.sh"))
    assert "err.sh: bad \\x1b[31mthing" in caplog.text


def test_a_program_without_its_interpreter(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    program(folder, "lost.x", "#!/no/such/interpreter\n")
    assert ask(CgiHandler(folder), get("/lost.x")).startswith(b"HTTP/1.1 502")
    assert "lost.x gave no proper answer" in caplog.text


def test_a_body_that_the_program_does_not_read_is_no_request(folder: Path) -> None:
    says(folder, "deaf.sh", r"Content-Type: a/b\n\n")
    smuggled = get("/deaf.sh") * 100
    answer = ask(CgiHandler(folder), get("/deaf.sh", f"Content-Length: {len(smuggled)}", method="POST", body=smuggled))
    assert answer.count(b"HTTP/1.1 ") == 1


def test_many_at_once_wait_for_each_other(folder: Path) -> None:
    program(folder, "nap.sh", "#!/bin/sh\nsleep 0.05; printf 'Content-Type: a/b\\n\\nok'\n")

    async def main() -> list[bytes]:
        async with webtalk.served(CgiHandler(folder, at_once=2)) as port:
            return await asyncio.gather(*(webtalk.talk(port, get("/nap.sh")) for _ in range(8)))

    assert all(webtalk.dechunked(answer) == b"ok" for answer in webtalk.run(main()))


@pytest.mark.row("B23")
def test_on_a_virtual_host_a_program_answers_at_one_instant(folder: Path, tmp_path: Path) -> None:
    """What to do is decided by URI and method: a file as it is, a program with parameters and with a body."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site/index.html").write_text("as it is")

    def journey() -> tuple[list[tuple[int, bytes]], int, bytes]:
        with World(record=True) as world:
            client, server = world.host("client"), world.host("server")
            world.link(client, server, rate="10Mbit", delay="10ms")
            handler = Mounts({"/": StaticSite(tmp_path / "site"), "GET,POST /cgi-bin": CgiHandler(folder)})

            async def run_server() -> None:
                await (await serve(handler)).serve_forever()

            async def drive() -> list[Response]:
                async with Client() as http:
                    url = "http://server/cgi-bin/echo.sh"
                    return [
                        await http.fetch(request)
                        for request in (
                            Request.get("http://server/"),
                            Request.get(f"{url}?a=1&b=2"),
                            Request("POST", url, {}, b"the body"),
                            Request("PUT", url, {}, b"the body"),
                        )
                    ]

            server.spawn(run_server())
            answers = world.run(drive(), on=client)
            world.save_trace(tmp_path / "trace")
            return [(one.status, one.body) for one in answers], world.now_ns, (tmp_path / "trace").read_bytes()

    answers, ended_ns, trace = journey()
    assert answers[:3] == [
        (200, b"as it is"),
        (200, b"method=GET query=a=1&b=2 body="),
        (200, b"method=POST query= body=the body"),
    ]
    assert answers[3][0] == 405
    assert journey() == (answers, ended_ns, trace)


def test_limits_hold_on_a_virtual_host(folder: Path) -> None:
    program(folder, "long.sh", "#!/bin/sh\nsleep 60\n")
    program(folder, "much.sh", "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\n'; exec cat /dev/zero\n")
    limits = ProgramLimits(run_s=0.3, output_octets=100_000)
    with World() as world:
        client, server = world.host("client"), world.host("server")
        world.link(client, server)

        async def run_server() -> None:
            await (await serve(CgiHandler(folder, limits=limits))).serve_forever()

        async def drive() -> list[int]:
            async with Client() as http:
                return [(await http.fetch(Request.get(f"http://server/{name}.sh"))).status for name in ("long", "much")]

        server.spawn(run_server())
        assert world.run(drive(), on=client) == [504, 502]


def test_no_process_is_left(folder: Path) -> None:
    before = set(os.listdir("/proc"))
    ask(CgiHandler(folder), get("/echo.sh") * 5)
    left = [entry for entry in set(os.listdir("/proc")) - before if entry.isdigit() and _parent(entry) == os.getpid()]
    assert left == []


def _parent(pid: str) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0
