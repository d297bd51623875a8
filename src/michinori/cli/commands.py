"""The commands and their options. What a command does is loaded only when it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

import michinori as package
from michinori.cli.helping import SpokenGroup, language_of
from michinori.cli.parameters import LANG, PORT, octets, seconds, seconds_or_none
from michinori.cli.sentences import say
from michinori.cli.tap_commands import tap

_Command = Callable[..., int]

_EXAMPLES = """\b
Examples:
  michinori open http://www.michinori.example/
  michinori open --loss 5% --delay 40ms --seed 7 http://www.michinori.example/
  michinori open "tcp handshake"
  michinori open http://my.site.example/ --site my.site.example=public_html
  michinori open http://127.0.0.1:8000/ --via os
  michinori open http://10.99.0.1:8000/ --via tap
"""


def _tap_options(command: _Command) -> _Command:
    """What says who we are on a TAP device."""
    return _all_of(
        click.option("--tap", metavar="NAME", help="With --via tap: the device  [default: mich0]"),
        click.option("--address", metavar="ADDRESS/N", help="With --via tap: our own  [default: 10.99.0.2/24]"),
        click.option("--gateway", metavar="ADDRESS", help="With --via tap: the router to all other networks."),
        click.option(
            "--resolver", "resolvers", multiple=True, metavar="ADDRESS", help="With --via tap: a name server."
        ),
    )(command)


def _keeping_options(*, silence_s: float) -> Callable[[_Command], _Command]:
    """What bounds a message that is received, and what becomes of it: the same for a request and for an answer."""
    return _all_of(
        click.option("--insecure", is_flag=True, help="Do not check the server's certificate."),
        click.option(
            "--max-size",
            type=octets,
            metavar="SIZE",
            default="64MB",
            show_default=True,
            help="Largest message that is kept whole.",
        ),
        _seconds_option("--max-silence", silence_s, "Longest wait for more of it, in seconds."),
        _seconds_option("--max-time", 300.0, "Longest time for all of it, in seconds."),
        click.option("--force", is_flag=True, help="Replace a file that is no earlier result."),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object; the rest goes to stderr."),
        LANG,
    )


def _seconds_option(name: str, default: float, about: str) -> Callable[[_Command], _Command]:
    return click.option(name, metavar="SECONDS", type=seconds, default=default, show_default=True, help=about)


def _all_of(*options: Callable[[_Command], _Command]) -> Callable[[_Command], _Command]:
    """The options as one decorator; ``--help`` shows them in this order."""

    def add(command: _Command) -> _Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


@click.group(cls=SpokenGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package.__version__, prog_name="michinori")
def michinori() -> None:
    """The whole way from a typed URL to the drawn page, in real bytes at every layer.

    \b
    Example:
      michinori open http://www.michinori.example/
    """


@michinori.command("open", epilog=_EXAMPLES, short_help="Walk the whole way of a URL, and keep all of it.")
@click.argument("words", nargs=-1, required=True, metavar="URL|WORDS...")
@click.option(
    "--via",
    type=click.Choice(["virtual", "os", "tap"]),
    default="virtual",
    show_default=True,
    help="Whose network: the virtual internet, the sockets of this machine, or our own TCP/IP on a TAP device.",
)
@click.option(
    "--scenario",
    metavar="FILE|NAME",
    default="home",
    show_default=True,
    help="The virtual internet: home, bad-line, satellite, fragments, long-answer, or a TOML file.",
)
@click.option("--site", "sites", multiple=True, metavar="HOST=DIR", help="Add a web site: its name and its folder.")
@click.option("--seed", metavar="N", type=int, default=0, show_default=True, help="The seed of all luck.")
@click.option("--loss", metavar="5%", help="Packets lost on the access line, in each direction.")
@click.option("--delay", metavar="40ms", help="Delay of the access line, in each direction.")
@click.option("--rate", metavar="10Mbit", help="Rate of the access line.")
@click.option("--mtu", metavar="1500", help="Largest packet on the access line, in octets.")
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="LINE:RULE",
    help='A fault of any line: "access:drop nth=3", "access:cut from=90ms until=2s".',
)
@click.option("--tcp", multiple=True, metavar="NAME=VALUE", help="A switch of every TCP: sack=false, congestion=reno.")
@click.option("--warm", is_flag=True, help="Look the name up once before, so that every cache knows it.")
@_tap_options
@click.option("-O", "--out-dir", default="journey", show_default=True, metavar="DIR", help="Where the results go.")
@click.option("--force", is_flag=True, help="Replace files that are no earlier result.")
@click.option("--fail", is_flag=True, help="Exit with 1 when the page has a status of 400 or more.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; the story goes to stderr.")
@click.option("--no-report", is_flag=True, help="Do not write journey.html.")
@LANG
def open_(**options: Any) -> int:
    """Walk the whole way of a URL, or of words to search for, and keep all of it.

    The story is told stage by stage. The folder gets page.png (the drawn page), journey.html (the report),
    packets.pcapng (what the browser's own adapter saw), captures/ (every other host), page.har and trace.jsonl.
    """
    from michinori.cli.open import Options, run

    return run(Options(**options))


_SERVE_EXAMPLES = """\b
Examples:
  michinori serve public_html
  michinori serve --port 8080 --log - --listing .
  michinori serve shop:app --workers 4
  michinori serve /api=shop:api /=public_html --cgi programs
  michinori serve public_html --tls-auto --trace seen
  michinori serve public_html --via tap
"""


def _hash_password(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    """Instead of serving: what the access file wants in the place of a password."""
    if not wanted:
        return
    from michinori.server.passwords import make_hash
    from michinori.server.settings import ServeError

    language = language_of(context)
    password, again = (
        click.prompt(say(key, language), hide_input=True, err=True) for key in ("password", "password-again")
    )
    if password != again:
        raise click.ClickException("the two passwords differ: type the same one twice")
    try:
        click.echo(make_hash(password))
    except ServeError as error:
        raise click.ClickException(str(error)) from error
    context.exit()


@michinori.command("serve", epilog=_SERVE_EXAMPLES, short_help="Serve folders, programs and applications.")
@click.argument("targets", nargs=-1, required=True, metavar="DIR|MODULE:APP|/PREFIX=TARGET...")
@click.option(
    "--via",
    type=click.Choice(["os", "tap"]),
    default="os",
    show_default=True,
    help="Whose TCP/IP: that of this machine, or our own on a TAP device.",
)
@_tap_options
@click.option(
    "--host", metavar="HOST", default="127.0.0.1", show_default=True, help="The address to listen on; 0.0.0.0 for all."
)
@click.option(
    "--port", metavar="PORT", type=PORT, default=8000, show_default=True, help="The port; 0 takes any free one."
)
@click.option("--cgi", metavar="DIR", help="Run the programs in this folder below /cgi-bin/.")
@click.option("--access", metavar="FILE", help="Who may do what: a TOML file.")
@click.option(
    "--hash-password",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_hash_password,
    help="Ask for a password, print its hash for the access file, and end.",
)
@click.option(
    "--workers", metavar="N", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes to serve with."
)
@click.option("--tls-cert", metavar="FILE", help="The certificate (PEM, its chain included).")
@click.option("--tls-key", metavar="FILE", help="The private key of the certificate (PEM).")
@click.option("--tls-auto", is_flag=True, help="TLS by a local authority of our own, for development.")
@click.option("--log", metavar="FILE", help="Append the access log (combined format) to this file; - for stdout.")
@click.option("--trace", metavar="DIR", help="Keep every stage of what is served: trace.jsonl and server.har.")
@click.option("--force", is_flag=True, help="Replace files in DIR that are no earlier result.")
@click.option("--listing", is_flag=True, help="List folders that have no index.html.")
@click.option("--compress", is_flag=True, help="Code text as gzip for who takes it.")
@click.option(
    "--limit",
    "limits",
    multiple=True,
    metavar="NAME=VALUE",
    help="A bound: connections=1000, body=10M, head-time=10 ...",
)
@click.option(
    "--grace",
    "grace_s",
    metavar="SECONDS",
    type=seconds_or_none,
    default=10.0,
    show_default=True,
    help="Seconds to end gently in.",
)
@click.option(
    "--loop",
    type=click.Choice(["auto", "uvloop", "asyncio"]),
    default="auto",
    show_default=True,
    help="The event loop; auto takes uvloop where it is installed.",
)
@LANG
def serve(lang: Any, force: bool, **options: Any) -> int:
    """Serve folders, programs (CGI) and applications (ASGI, WSGI) over HTTP/1.1.

    A target is a folder or an application, MODULE:APP, and stands at / or at the /PREFIX given before it. SIGTERM and
    Ctrl-C end gently; SIGHUP reads access rules, certificate and log anew, and with --workers the applications too.
    """
    from michinori.cli.language import detect
    from michinori.cli.serve import Network, run
    from michinori.server.settings import Settings

    language = lang or detect()
    network = Network(**{name: options.pop(name) for name in Network.__struct_fields__})
    return run(Settings(language=language, **options), network, language, force=force)


_CATCH_EXAMPLES = """\b
Examples:
  michinori catch                                 then open http://localhost:8080/ in a browser
  michinori catch --reply hello                   the browser is shown what it sent
  michinori catch --count 0 -O caught             every request in a file of its own, until Ctrl-C
  michinori catch --forward http://localhost:80   between the browser and a real server
"""


@michinori.command("catch", epilog=_CATCH_EXAMPLES, short_help="Keep and explain what a browser sends.")
@click.option(
    "--host",
    metavar="HOST",
    default="localhost",
    show_default=True,
    help="Where to listen; localhost is ::1 and 127.0.0.1.",
)
@click.option(
    "--port", metavar="PORT", type=PORT, default=8080, show_default=True, help="The port; 0 takes any free one."
)
@click.option(
    "--count", metavar="N", type=click.IntRange(min=0), default=1, show_default=True, help="How many; 0 until stopped."
)
@click.option("-o", "--output", metavar="FILE", help="The file for the octets  [default: server_recv.txt]")
@click.option("-O", "--out-dir", metavar="DIR", help="A folder for numbered files and requests.jsonl.")
@click.option("--reply", metavar="none|hello|@FILE", default="none", show_default=True, help="What is answered.")
@click.option("--forward", metavar="URL", help="Pass everything on to this server, and keep its answer too.")
@_keeping_options(silence_s=10.0)
def catch(**options: Any) -> int:
    """Listen to a browser: keep the exact octets of what it sends, and explain them.

    The file is readable by its owner alone. The screen hides the values of cookies, of Authorization and of API keys.
    """
    from michinori.cli.catch import Options, run

    return run(Options(**options))


_REPLAY_EXAMPLES = """\b
Examples:
  michinori replay server_recv.txt --to http://localhost:80
  michinori replay server_recv.txt --to https://www.example.com --set-host
  michinori replay server_recv.txt --to http://localhost:80 --diff http://localhost:8000
"""


@michinori.command("replay", epilog=_REPLAY_EXAMPLES, short_help="Send a kept request again, byte for byte.")
@click.argument("file", metavar="FILE")
@click.option("--to", "to", required=True, metavar="URL", help="The server: http://host:port or https://host.")
@click.option("-o", "--output", metavar="FILE", help="The file for the answer  [default: client_recv.txt]")
@click.option("--set-host", is_flag=True, help="Let the Host field name the server; all else stays.")
@click.option("--repeat", metavar="N", type=click.IntRange(min=1), default=1, show_default=True, help="How many times.")
@click.option("--diff", metavar="URL", help="Send it to this server too and show both answers side by side.")
@_keeping_options(silence_s=30.0)
def replay(**options: Any) -> int:
    """Send a kept request again, byte for byte, and keep the exact octets of the answer.

    With --diff the exit status is 1 when the answers differ (Date and Age may).
    """
    from michinori.cli.replay import Options, run

    return run(Options(**options))


_EXPERIMENT_EXAMPLES = """\b
Examples:
  michinori experiment
  michinori experiment udp-tcp --seed 7
  michinori experiment close --via os
"""


@michinori.command(
    "experiment", epilog=_EXPERIMENT_EXAMPLES, short_help="Perform a small experiment, and prove it by packets."
)
@click.argument("name", required=False)
@click.option("--seed", metavar="N", type=int, default=0, show_default=True, help="The seed of all luck.")
@click.option(
    "--via",
    type=click.Choice(["virtual", "os"]),
    default="virtual",
    show_default=True,
    help="Whose sockets: those of two hosts in a virtual world, or this machine's own.",
)
@click.option("-O", "--out-dir", metavar="DIR", help="Where the results go  [default: experiment-NAME]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; the telling goes to stderr.")
@click.option("--force", is_flag=True, help="Replace files that are no earlier result.")
@LANG
def experiment(**options: Any) -> int:
    """Perform a small experiment and tell what happened, with the packets that prove it.

    Without a NAME it lists them. The folder gets a capture of each host and trace.jsonl.
    """
    from michinori.cli.experiment import Options, run

    return run(Options(**options))


_LAB_EXAMPLES = """\b
Examples:
  michinori lab                                        then open the URL that it prints
  michinori lab --dir journeys                         past journeys are there again next time
  michinori lab --site my.site.example=public_html     a folder of yours to try
"""


@michinori.command("lab", epilog=_LAB_EXAMPLES, short_help="The same live, in a browser.")
@click.option(
    "--port",
    metavar="PORT",
    type=PORT,
    default=8600,
    show_default=True,
    help="The port on 127.0.0.1; 0 takes any free one.",
)
@click.option("--dir", "folder", metavar="DIR", help="Keep past journeys there  [default: until the lab ends]")
@click.option("--site", "sites", multiple=True, metavar="HOST=DIR", help="Offer a web site: its name and its folder.")
@click.option("--scenario", "scenarios", multiple=True, metavar="FILE", help="Offer a scenario of your own too.")
@LANG
def lab(**options: Any) -> int:
    """The report, live: journeys made and compared in a browser, with faults, and ten lessons.

    It listens on 127.0.0.1 alone and ends with Ctrl-C.
    """
    from michinori.cli.lab import Options, run

    return run(Options(**options))


michinori.add_command(tap)
