"""The experiments that there are, and how one is performed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final

import msgspec

from michinori.experiment.ground import Ground, RealGround, WorldGround
from michinori.experiment.telling import Told
from michinori.experiment.texts import Texts, texts


class Experiment(msgspec.Struct, frozen=True, kw_only=True):
    """One of them. ``world`` is what its line in the world is like."""

    name: str
    row: str
    title: Texts
    sentence: Texts
    world: dict[str, Any] = {}
    only_virtual: Texts | None = None
    """Why it cannot be done on this machine's sockets, if so."""


def _all(*experiments: Experiment) -> MappingProxyType[str, Experiment]:
    return MappingProxyType({experiment.name: experiment for experiment in experiments})


EXPERIMENTS: Final = _all(
    Experiment(
        name="blocking",
        row="A5",
        title=texts("ブロッキングとノンブロッキング", "Blocking and non-blocking"),
        sentence=texts(
            "accept、recv、connect、send がそれぞれ何を待つのかを、待たない形と並べます。",
            "what accept, recv, connect and send wait for, beside the form that does not wait",
        ),
    ),
    Experiment(
        name="close",
        row="A6",
        title=texts("閉じる、切る: FIN と RST", "Closing and dropping: FIN and RST"),
        sentence=texts(
            "コネクションを6通りに終わらせ、何が送られ、相手に何が見えるかを比べます。",
            "six ways to end a connection, what is sent and what the peer sees of each",
        ),
    ),
    Experiment(
        name="reuseaddr",
        row="A7",
        title=texts("SO_REUSEADDR と TIME-WAIT", "SO_REUSEADDR and TIME-WAIT"),
        sentence=texts(
            "止めたサーバをすぐに起動し直します。SO_REUSEADDR のあるときと、ないときと。",
            "a server started again at once, with and without SO_REUSEADDR",
        ),
    ),
    Experiment(
        name="backlog",
        row="A8",
        title=texts("listen(n) が制限するもの", "What listen(n) bounds"),
        sentence=texts(
            "accept しないサーバに listen(2) より多くのクライアントが来ると何が起きるか。",
            "what happens when more clients come than listen(2) while the server does not accept",
        ),
    ),
    Experiment(
        name="udp-tcp",
        row="A9",
        title=texts("UDPとTCP: 同じ悪い回線で", "UDP beside TCP over one bad line"),
        sentence=texts(
            "「あいうえお」を、失われ、順序の変わる回線で、UDPとTCPの両方で送ります。",
            "あいうえお over a line that loses packets and changes their order, by UDP and by TCP",
        ),
        world={"delay": "20ms"},
        only_virtual=texts(
            "udp-tcp は仮想世界だけの実験です。このマシンのループバックは何も失わず、順序も変えないからです。--via os を外してください",
            "udp-tcp is for the virtual world alone, since the loopback of this machine loses nothing and changes no order: leave --via os out",
        ),
    ),
)


class Performed(msgspec.Struct):
    """An experiment that has been performed: its ground, with everything recorded, and what it tells."""

    experiment: Experiment
    seed: int
    ground: Ground
    told: Told


@contextmanager
def performed(name: str, *, via: str = "virtual", seed: int = 0) -> Iterator[Performed]:
    """Perform an experiment; afterwards, within the context, what was recorded can be saved."""
    experiment = EXPERIMENTS[name]
    own_name = name.replace("-", "_")
    perform: Callable[[Ground, Told], None] = import_module(f"michinori.experiment.{own_name}").perform
    told = Told(import_module(f"michinori.experiment.sentences.{own_name}").SENTENCES)
    ground: Ground = RealGround(seed) if via == "os" else WorldGround(seed, **experiment.world)
    try:
        perform(ground, told)
        yield Performed(experiment, seed, ground, told)
    finally:
        ground.close()
