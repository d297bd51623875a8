"""``michinori experiment`` as a person uses it."""

from __future__ import annotations

import io
import json
import re
import string
from importlib import import_module

import pytest
import tshark
from journeys import command

from michinori.cli.experiment_telling import tell
from michinori.cli.lines import Lines, columns
from michinori.cli.wrapping import wrapped
from michinori.experiment import EXPERIMENTS

ROWS = {"blocking": "A5", "close": "A6", "reuseaddr": "A7", "backlog": "A8", "udp-tcp": "A9"}
NAMES = list(ROWS)


def rows(name: str) -> pytest.MarkDecorator:
    return pytest.mark.row(ROWS[name])


EACH = pytest.mark.parametrize("name", [pytest.param(name, marks=rows(name)) for name in NAMES])


def test_without_a_name_it_lists_them():
    done = command("experiment", "--lang", "en")
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()[1:]] == NAMES
    assert {name: one.row for name, one in EXPERIMENTS.items()} == ROWS


def test_an_unknown_name_lists_them_too(tmp_path):
    done = command("experiment", "colse", "--lang", "ja", "-O", str(tmp_path / "out"))
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("michinori: できません: 'colse' という実験はありません")
    assert all(name in done.stderr for name in NAMES)
    assert not (tmp_path / "out").exists()


def test_what_only_the_world_can_do_says_so(tmp_path):
    done = command("experiment", "udp-tcp", "--via", "os", "--lang", "en", "-O", str(tmp_path / "out"))
    assert done.returncode == 2
    assert done.stderr.startswith("michinori: udp-tcp is for the virtual world alone, since ")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


@EACH
def test_one_seed_the_same_octets_in_any_process(tmp_path, name):
    told = []
    for hash_seed in ("1", "2"):
        folder = tmp_path / hash_seed
        done = command("experiment", name, "--seed", "3", "-O", str(folder), "--lang", "ja", PYTHONHASHSEED=hash_seed)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        told.append(done.stdout.replace(str(folder), ""))
    assert told[0] == told[1]
    for file in ("client.pcapng", "server.pcapng", "trace.jsonl"):
        assert (tmp_path / "1" / file).read_bytes() == (tmp_path / "2" / file).read_bytes()


@EACH
def test_another_seed_other_octets(tmp_path, name):
    for seed in ("0", "1"):
        assert command("experiment", name, "--seed", seed, "-O", str(tmp_path / seed)).returncode == 0
    assert (tmp_path / "0/client.pcapng").read_bytes() != (tmp_path / "1/client.pcapng").read_bytes()


@pytest.mark.row("A6")
def test_json_is_one_object_and_the_telling_goes_to_stderr(tmp_path):
    done = command("experiment", "close", "--json", "-O", str(tmp_path / "out"), "--lang", "en")
    assert done.returncode == 0
    assert done.stdout.count("\n") == 1
    numbers = json.loads(done.stdout)
    assert list(numbers) == ["experiment", "row", "via", "seed", "took_ms", "wall_ms", "files", "findings"]
    assert numbers["findings"]["unread"]["resets"] == ["server"]
    assert "What the client saw" in done.stderr


def test_the_folder_of_somebody_else_is_left_alone(tmp_path):
    (tmp_path / "trace.jsonl").write_text("mine")
    done = command("experiment", "backlog", "-O", str(tmp_path), "--lang", "en")
    assert done.returncode == 2
    assert (tmp_path / "trace.jsonl").read_text() == "mine"
    assert command("experiment", "backlog", "-O", str(tmp_path), "--force").returncode == 0
    assert command("experiment", "close", "-O", str(tmp_path)).returncode == 0


@EACH
def test_every_number_of_a_packet_stands_in_the_capture(tmp_path, perform, name):
    """What is told of packets is in the trace too: the frame of that number left or came at that instant."""
    done = perform(name)
    frames = {(event.host, event.frame): event.t for event in done.ground.events() if event.frame}
    for host in ("client", "server"):
        packets = done.ground.packets(host)
        assert packets
        assert all(frames[host, packet.number] == packet.t for packet in packets)


@pytest.mark.peer
@EACH
def test_tshark_reads_the_captures_without_complaint(tmp_path, name):
    assert command("experiment", name, "-O", str(tmp_path)).returncode == 0
    expected = re.compile(
        "out-of-order|retransmission|not captured|segment\\(s\\) lost|Connection reset|port numbers reused|D-SACK"
        "|The acknowledgment number field is nonzero",
        re.IGNORECASE,
    )
    for host in ("client", "server"):
        complaints = tshark.complaints(tmp_path / f"{host}.pcapng")
        assert [one for one in complaints if not expected.search(one.what)] == []


@pytest.mark.peer
@pytest.mark.row("A9")
def test_tshark_sees_the_loss_and_its_repair(tmp_path):
    assert command("experiment", "udp-tcp", "-O", str(tmp_path)).returncode == 0
    lost = tshark.fields(
        tmp_path / "client.pcapng", "frame.comment", "frame.number", only='frame.comment == "fault:loss"'
    )
    assert len(lost) > 2
    kana = "e38186"  # う
    seen = tshark.fields(tmp_path / "server.pcapng", "udp.payload", only="udp")
    payloads = [one["udp.payload"][0].replace(":", "") for one in seen if "udp.payload" in one]
    assert kana not in payloads[:4]


class Terminal(io.StringIO):
    """A terminal as far as a command can tell."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("width", [40, 80, 120])
def test_it_fits_any_terminal(perform, monkeypatch, name, language, width):
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm-256color")
    out = Terminal()
    tell(perform(name), language, Lines(out))
    lines = re.sub("\x1b\\[[0-9;]*m", "", out.getvalue()).splitlines()
    assert [line for line in lines if columns(line) > width] == []
    assert len([line for line in lines if line.lstrip().startswith("#")]) > 3


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_say_the_same(name):
    sentences = import_module(f"michinori.experiment.sentences.{name.replace('-', '_')}").SENTENCES
    for key, texts in sentences.items():
        gaps = [{gap for _, gap, _, _ in string.Formatter().parse(text) if gap} for text in texts.values()]
        assert gaps[0] == gaps[1], key
        assert list(texts) == ["ja", "en"]
        assert "サーバー" not in texts["ja"], key


@pytest.mark.parametrize("width", [20, 40, 78])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_sentences_fit_any_terminal(perform, width, language):
    for step in perform("close").told.steps:
        for part in step.parts:
            sentence = getattr(part, "sentence", None)
            if sentence is None:
                continue
            text = sentence.tell(language)
            lines = wrapped(text, width)
            assert "".join("".join(lines).split()) == "".join(text.split())
            # One mark of punctuation may hang over the edge with the letter that it belongs to.
            assert all(columns(line) <= width or len(line.split()) == 1 for line in lines)
            assert not any(line[0] in "、。」)" for line in lines)
