"""The command as a person uses it: its output, its exit statuses, its files."""

import http.server
import json
import os
import subprocess
import sys
import threading

import pytest
from carried_report import Carried
from journeys import SOURCE, command, walk

WWW = "http://www.michinori.example/"


def test_help_shows_an_example_and_loads_nothing_for_it():
    call = "from michinori.cli import main; sys.argv[1:] = ['--help']"
    ask = f"import sys; {call}\ntry: main()\nfinally: print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0
    assert "michinori open http://www.michinori.example/" in done.stdout
    assert not {"asyncio", "dns", "msgspec", "plutoprint", "rich", "turbohtml"} & set(done.stdout.split())


def test_the_help_of_open_lists_every_option_and_examples():
    said = command("open", "--help").stdout
    for option in ("--via", "--scenario", "--site", "--seed", "--loss", "--delay", "--rate", "--mtu", "--fault"):
        assert option in said
    for option in ("--out-dir", "--force", "--fail", "--json", "--no-report", "--lang"):
        assert option in said
    for option in ("--tcp", "--warm"):
        assert option in said
    for option in ("--tap", "--address", "--gateway", "--resolver"):
        assert option in said
    assert 'michinori open "tcp handshake"' in said


def test_json_is_one_object_and_the_story_goes_to_stderr(tmp_path):
    done = command("open", WWW, "--json", "-O", str(tmp_path / "out"), "--lang", "ja")
    assert done.returncode == 0
    numbers = json.loads(done.stdout)
    assert done.stdout.count("\n") == 1
    assert list(numbers) == [
        *("url", "final_url", "status", "seed", "virtual_ms", "wall_ms", "requests", "frames", "dropped"),
        *("retransmitted", "dns_queries", "files", "rows"),
    ]
    assert "アドレスバー" in done.stderr
    assert "この旅では起きていません" in done.stderr
    assert all(os.path.exists(file) for file in numbers["files"].values())
    assert {"page.png", "packets.pcapng", "captures/www.pcapng", "journey.html"} <= numbers["files"].keys()


def test_the_story_in_a_pipe_is_plain_lines_in_the_order_of_the_rows(tmp_path):
    done = command("open", WWW, "-O", str(tmp_path / "out"), "--no-report", "--lang", "en")
    assert "\x1b" not in done.stdout
    assert done.stderr == ""
    named = [line.split()[0] for line in done.stdout.splitlines() if line.startswith("B")]
    assert named == [f"B{number}" for number in range(1, 27)]
    assert not (tmp_path / "out/journey.html").exists()
    assert "Arrived: http://www.michinori.example/ 200" in done.stdout


def test_the_locale_chooses_the_language(tmp_path):
    done = command("open", "http://no.such.example/", "-O", str(tmp_path / "out"), LC_ALL="ja_JP.UTF-8")
    assert done.returncode == 1
    assert "名前解決 (DNS) で失敗" in done.stdout


def test_words_are_searched_for(tmp_path):
    walked = walk(tmp_path / "out", "tcp", "handshake")
    assert walked.numbers["final_url"] == "http://search.example/?q=tcp+handshake"
    assert walked.numbers["rows"]["B1"] == 2
    assert "are words to search for" in walked.story


def test_what_the_peer_says_cannot_move_the_cursor(tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("<title>\x1b]0;owned\x07[/b][link=x]</title><p>\x1b[2J")
    done = command(
        "open", "http://evil.example/\x1b[31m", "--site", f"evil.example={site}", "-O", str(tmp_path / "out")
    )
    assert "\x1b" not in done.stdout + done.stderr
    report = (tmp_path / "out/journey.html").read_text(encoding="utf-8")
    assert "\x1b" not in report
    assert "<title>\\x1b" not in report


def test_an_earlier_result_is_replaced_and_a_foreign_file_is_not(tmp_path):
    out = tmp_path / "out"
    assert walk(out, WWW, no_report=True).exit_status == 0
    assert walk(out, "http://no.such.example/", no_report=True).exit_status == 1
    (out / "page.har").write_text("mine")
    refused = walk(out, WWW, no_report=True)
    assert refused.exit_status == 2
    assert "replace it with --force" in refused.story
    assert (out / "page.har").read_text() == "mine"
    assert walk(out, WWW, no_report=True, force=True).exit_status == 0


def test_a_folder_that_cannot_be_made_is_said_in_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    walked = walk(tmp_path / "file" / "out", WWW)
    assert walked.exit_status == 2
    assert walked.story.count("\n") == 1
    assert "choose another with -O" in walked.story


def test_the_same_over_the_sockets_of_this_machine(tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("<!doctype html><title>Real</title><h1>Real sockets</h1>")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=str(site))

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            walked = walk(tmp_path / "out", f"http://127.0.0.1:{server.server_port}/", via="os")
        finally:
            server.shutdown()
            thread.join()
    assert (walked.exit_status, walked.numbers["status"]) == (0, 200)
    assert walked.files() == {"page.png", "page.har", "trace.jsonl", "journey.html", ".michinori.json"}
    assert walked.numbers["rows"]["B4"] > 0
    carried = Carried(walked.folder / "journey.html")
    assert not carried.about["below_sockets"]
    assert carried.about["tables"]["frames"]["rows"] == 0


def test_nobody_listening_on_this_machine_is_said_in_one_sentence(tmp_path):
    walked = walk(tmp_path / "out", "http://127.0.0.1:1/", via="os")
    assert walked.exit_status == 1
    assert walked.numbers["failure"]["stage"] == "connect"
    assert "--via os" not in walked.numbers["failure"]["en"]


#: The command, and Ctrl-C pressed as soon as the page that has come is parsed.
PRESSED = """
import os, signal
from michinori.browser import page
from michinori.cli import main

def pressed(*given):
    os.kill(os.getpid(), signal.SIGINT)
    return parse(*given)

parse, page.Document = page.Document, pressed
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_keeps_what_was_gathered_and_exits_with_130(tmp_path):
    arguments = ["open", WWW, "-O", str(tmp_path / "out"), "--lang", "en"]
    environment = os.environ | {"PYTHONPATH": SOURCE, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-c", PRESSED, *arguments], env=environment, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 130
    assert "Interrupted. What was gathered until then was kept." in done.stdout
    assert (tmp_path / "out/trace.jsonl").stat().st_size > 0
    assert (tmp_path / "out/packets.pcapng").stat().st_size > 0
