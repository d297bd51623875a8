"""What journey is wanted: the choices of the page as a value, and what ``michinori open`` makes of the same."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec

from michinori.lab.errors import Refused
from michinori.report.catalogue import Language
from michinori.world import changes
from michinori.world.scenario import Scenario, load

_Short = Annotated[str, msgspec.Meta(max_length=200)]
_Name = Annotated[str, msgspec.Meta(max_length=60, pattern=r"\A[a-z][a-z0-9_]*\Z")]
_Switch = bool | int | Annotated[str, msgspec.Meta(max_length=40, pattern=r"\A[a-z0-9_-]+\Z")]

#: Where a journey leads unless something else is typed.
DEFAULT_URL: Final = "http://www.michinori.example/"

#: The choices for the access line.
_ACCESS: Final = ("loss", "delay", "rate", "mtu")


class Order(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A journey to be made. Every member but ``language`` is an option of ``michinori open``."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    """What is typed into the address bar."""
    scenario: _Short = "home"
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0
    loss: _Short | None = None
    delay: _Short | None = None
    rate: _Short | None = None
    mtu: _Short | None = None
    warm: bool = False
    tcp: Annotated[dict[_Name, _Switch], msgspec.Meta(max_length=60)] = {}
    faults: Annotated[list[_Short], msgspec.Meta(max_length=40)] = []
    sites: Annotated[list[_Short], msgspec.Meta(max_length=20)] = []
    """Names of the sites that were uploaded, or named when the lab began."""
    language: Language = "en"

    def switches(self) -> list[str]:
        """The switches of TCP as ``--tcp`` takes them."""
        return [f"{name}={_written(value)}" for name, value in self.tcp.items()]


def read_order(octets: bytes) -> Order:
    """The order of a request's body. Raises ``Refused``."""
    try:
        order = msgspec.json.decode(octets, type=Order)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(f"この旅の指定は読めません ({error})", f"this is no order for a journey ({error})") from None
    if not order.text.strip():
        raise Refused(
            "アドレスバーが空です: URLか言葉を入力してください", "the address bar is empty: type a URL or words"
        )
    return order


def changed(order: Order, folders: Mapping[str, Path]) -> tuple[Scenario, Path | None]:
    """The scenario with all that was chosen, and where its relative paths begin. Raises ``Refused`` for a site that is
    gone, ``ValueError`` for another choice that cannot be, or a scenario that cannot be read.
    """
    scenario, beside = load(order.scenario)
    for name in _ACCESS:
        scenario = changes.with_access(scenario, **{name: getattr(order, name)})
    for fault in order.faults:
        scenario = changes.with_fault(scenario, fault)
    for switch in order.switches():
        scenario = changes.with_tcp(scenario, switch)
    for name in order.sites:
        if name not in folders:
            raise Refused(
                f"サイト {name} はありません: もう一度渡してください", f"there is no site {name}: upload it again"
            )
        scenario = changes.with_site(scenario, name, folders[name])
    return scenario, beside


def command(order: Order) -> str:
    """The same journey on the command line. The language is always named: the browser asks servers for it, and what the
    command line takes by itself depends on the reader's surroundings.
    """
    words = ["michinori", "open", "--lang", order.language]
    if order.scenario != "home":
        words += ["--scenario", order.scenario]
    for name in _ACCESS:
        if (value := getattr(order, name)) is not None:
            words += [f"--{name}", value]
    if order.seed:
        words += ["--seed", str(order.seed)]
    if order.warm:
        words.append("--warm")
    for switch in order.switches():
        words += ["--tcp", switch]
    for fault in order.faults:
        words += ["--fault", fault]
    for site in order.sites:
        words += ["--site", f"{site}=DIR"]
    return shlex.join([*words, order.text])


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
