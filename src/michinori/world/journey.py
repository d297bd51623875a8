"""One journey: a URL or words typed into the browser of a host, in a virtual internet, on the OS's own sockets, or on a
host of ours that faces the kernel through a TAP device.

Whatever comes of it, the page or an error, what was recorded until then is there to be kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import ssl
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from michinori.sim import Dice, Nanos
from michinori.trace import SCOPE, Recorder, Scope
from michinori.trace.scope import RealClock
from michinori.world.build import build
from michinori.world.scenario import Scenario
from michinori.world.tap_world import TapHost, TapWorld
from michinori.world.world import World

if TYPE_CHECKING:
    from michinori.browser import Page

#: How long, in virtual time, the connections get to be closed after the page was drawn.
_FAREWELL_STEP_S: Final = 0.05
_FAREWELL_STEPS: Final = 200
_REAL_FAREWELL_STEPS: Final = 10
#: No journey takes longer than this, in virtual time.
LIMIT: Final = "1h"


@dataclass(slots=True)
class Journey:
    """What came of it. ``failure`` is None when a page was drawn, of whatever status."""

    text: str
    browser_host: str
    recorder: Recorder
    seed: int
    page: Page | None = None
    failure: BaseException | None = None
    took_ns: Nanos = 0
    world: World | None = None
    """None when it was on the OS's sockets."""
    virtual: bool = False
    """Whether it was in a virtual internet, which has nothing outside."""

    @property
    def epoch_ns(self) -> int:
        """The date at which its clock began."""
        return self.recorder.epoch_ns

    def close(self) -> None:
        """Throw away what was recorded; what was saved stays."""
        if self.world is not None:
            self.world.close()
        self.recorder.close()


class WorldJourney:
    """A journey in a world. Made ready first, so that what cannot be built is known before anything runs."""

    def __init__(
        self, journey: Journey, world: World, search: str, language: str, tls: ssl.SSLContext | None = None
    ) -> None:
        self.journey = journey
        self.world = world
        self._search = search
        self._language = language
        self._tls = tls

    def go(self) -> Journey:
        """Walk it. Never raises what befalls the browser; ``KeyboardInterrupt`` is kept as its failure too."""
        journey, world = self.journey, self.world
        began_ns = world.now_ns
        try:
            journey.page = world.run(
                _open(journey.text, self._search, self._language, self._tls), on=journey.browser_host, limit=LIMIT
            )
        except (Exception, KeyboardInterrupt) as error:
            journey.failure = error
        journey.took_ns = world.now_ns - began_ns
        if not isinstance(journey.failure, KeyboardInterrupt):
            with contextlib.suppress(KeyboardInterrupt):  # what the journey was for is there, or has failed, already
                self._let_connections_end()
        return journey

    def _let_connections_end(self) -> None:
        host = self.world.machine(self.journey.browser_host)
        steps = _FAREWELL_STEPS if self.journey.virtual else _REAL_FAREWELL_STEPS

        async def wait() -> None:
            for _ in range(steps):
                if not any(info.state in _ENDING for info in host.sockets()):
                    break
                await asyncio.sleep(_FAREWELL_STEP_S)

        self.world.run(wait(), on=host)


class VirtualJourney(WorldJourney):
    """A journey in a virtual internet."""

    def __init__(
        self,
        text: str,
        scenario: Scenario,
        folder: Path | None,
        *,
        seed: int,
        language: str,
        warm: bool = False,
    ) -> None:
        """``warm``: the name is looked up once before, so that every cache on the way knows it. Raises
        ``ScenarioError``.
        """
        world = build(scenario, folder, seed=seed, record=True)
        assert world.recorder is not None
        journey = Journey(text, scenario.about.browser, world.recorder, seed, world=world, virtual=True)
        super().__init__(journey, world, scenario.about.search, language)
        self._warm = warm

    def go(self) -> Journey:
        """Walk it, after the look-up if it was to be warm."""
        if self._warm:
            try:
                self.world.run(_look_up(self.journey.text, self._search), on=self.journey.browser_host, limit=LIMIT)
            except (Exception, KeyboardInterrupt) as error:
                self.journey.failure = error
                return self.journey
        return super().go()


class TapJourney(WorldJourney):
    """A journey from a host of ours, with TCP/IP of its own, that the kernel of this machine is a neighbour of. Raises
    ``TapError``, ``ValueError``.
    """

    def __init__(self, text: str, host: TapHost, *, seed: int, language: str) -> None:
        tls = _ready_for_a_real_clock()
        world = TapWorld(seed or None, record=True)
        try:
            host.plug_in(world, "browser")
        except BaseException:
            world.close()
            raise
        assert world.recorder is not None
        journey = Journey(text, "browser", world.recorder, seed, world=world)
        super().__init__(journey, world, "", language, tls)


_ENDING: Final = frozenset({"ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK"})


def journey_by_os(text: str, *, seed: int, language: str) -> Journey:
    """A journey over the sockets of this machine, in real time; every stage above the socket is recorded."""
    tls = _ready_for_a_real_clock()
    clock = RealClock()
    recorder = Recorder(epoch_ns=time.time_ns() - clock.now_ns())
    journey = Journey(text, "localhost", recorder, seed)
    dice = Dice(seed).stream("host/localhost/applications")
    token = SCOPE.set(Scope(recorder=recorder, host=journey.browser_host, clock=clock, dice=dice))
    try:
        journey.page = asyncio.run(_open(text, "", language, tls))
    except (Exception, KeyboardInterrupt) as error:
        journey.failure = error
    finally:
        SCOPE.reset(token)
    journey.took_ns = clock.now_ns()
    return journey


def _ready_for_a_real_clock() -> ssl.SSLContext:
    """Load the browser, and the authorities that it trusts: done later, it would be taken for time on the way."""
    from michinori.browser.loading import load

    load()
    return ssl.create_default_context()


async def _look_up(text: str, search: str) -> None:
    """Ask for the addresses of the name that the text leads to, and forget them, but for what the caches keep."""
    from michinori.browser import address_bar

    url = (address_bar.understand(text, search) if search else address_bar.understand(text)).url
    parts = address_bar.split(url)
    if parts.host_kind == "name":
        with contextlib.suppress(OSError):  # the journey itself tells of it
            await asyncio.get_running_loop().getaddrinfo(parts.host, parts.port)


async def _open(text: str, search: str, language: str, tls: ssl.SSLContext | None = None) -> Page:
    from michinori.browser import Settings, open_page

    settings = Settings(lang=language, tls=tls)
    return await open_page(text, dataclasses.replace(settings, search=search) if search else settings)
