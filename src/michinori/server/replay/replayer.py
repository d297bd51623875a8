"""One sending of kept octets to a server: connect, send, and receive until the answers are complete."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field

from michinori.http import dialing
from michinori.http.channel import Channel
from michinori.http.errors import Disconnected, TimedOut, cause_of
from michinori.http.names import HostCache
from michinori.http.urls import Url
from michinori.server.messages import AnswerExtent
from michinori.trace import current


@dataclass(frozen=True, slots=True)
class ReplayBounds:
    """How long and how much."""

    octets: int = 64 << 20
    connect_s: float = 30.0
    silence_s: float = 30.0
    """The longest pause before the answer, and inside it."""
    whole_s: float = 300.0
    settle_s: float = 0.5
    """After an answer that switches protocols: so much silence ends the waiting."""


@dataclass(frozen=True, slots=True)
class ReplaySettings:
    """Whom to send to."""

    url: Url
    tls: ssl.SSLContext | None = None
    bounds: ReplayBounds = field(default_factory=ReplayBounds)


@dataclass(slots=True)
class Replayed:
    """What came back, and when. Times are nanoseconds; -1 where that did not happen."""

    answers: list[AnswerExtent]
    octets: bytearray = field(default_factory=bytearray)
    """All that came, octet for octet."""
    address: tuple[str, int] = ("", 0)
    resolve_ns: int = -1
    connect_ns: int = -1
    tls_ns: int = -1
    first_ns: int = -1
    """From the sending to the first octet of the answer."""
    end_ns: int = -1
    """From the sending to the last."""
    why: str = ""
    """Why it is not complete: ``too-long``, ``silent``, ``too-slow``, ``ended``, ``reset``."""

    @property
    def complete(self) -> bool:
        """Whether every request got its whole answer."""
        return not self.why and all(answer.done for answer in self.answers)

    @property
    def surplus(self) -> int:
        """Octets that came behind the last answer."""
        return len(self.octets) - sum(len(answer.octets) for answer in self.answers)


async def replay(octets: bytes, methods: Sequence[str], settings: ReplaySettings) -> Replayed:
    """Send ``octets``, which hold a request of each method, and receive the answers. Raises ``HttpError``."""
    replayed = Replayed([AnswerExtent(method) for method in methods])
    channel = await _dial(settings, replayed)
    try:
        sent_ns = current().clock.now_ns()
        channel.send(octets)
        replayed.why = await _receive(channel, settings.bounds, replayed, sent_ns)
        replayed.end_ns = current().clock.now_ns() - sent_ns
    except OSError as error:
        raise Disconnected(settings.url.host, cause_of(error), stage="send") from None
    finally:
        channel.close()
    if not replayed.octets:
        _explain_silence(settings, replayed.why)
    return replayed


async def _receive(channel: Channel, bounds: ReplayBounds, replayed: Replayed, sent_ns: int) -> str:
    loop = asyncio.get_running_loop()
    until = loop.time() + bounds.whole_s
    while not all(answer.done for answer in replayed.answers):
        switched = any(answer.switched for answer in replayed.answers)
        quiet_s, left_s = bounds.settle_s if switched else bounds.silence_s, until - loop.time()
        try:
            async with asyncio.timeout(min(quiet_s, left_s)):
                octets = await channel.receive()
        except TimeoutError:
            if switched:
                _end(replayed.answers)
                return ""
            return "too-slow" if left_s < quiet_s else "silent"
        except OSError:
            return "reset"
        if not octets:
            return "" if _end(replayed.answers) else "ended"
        if replayed.first_ns < 0:
            replayed.first_ns = current().clock.now_ns() - sent_ns
        room = bounds.octets - len(replayed.octets)
        replayed.octets += octets[:room]
        _feed(replayed.answers, octets[:room])
        if len(octets) > room:
            return "too-long"
    return ""


def _feed(answers: list[AnswerExtent], octets: bytes) -> None:
    for answer in answers:
        if not answer.done:
            octets = octets[answer.feed(octets) :]
        if not octets:
            return


def _end(answers: list[AnswerExtent]) -> bool:
    """The stream has ended: that completes an answer without a length. Whether all are complete now."""
    for answer in answers:
        if not answer.done:
            answer.end()
            break
    return all(answer.done for answer in answers)


async def _dial(settings: ReplaySettings, replayed: Replayed) -> Channel:
    clock, url, bounds = current().clock, settings.url, settings.bounds
    began_ns = clock.now_ns()
    names = HostCache()
    try:
        async with asyncio.timeout(bounds.connect_s):
            addresses = await names.resolve(url.host, url.port)
    except TimeoutError:
        raise TimedOut("dns", f"{url.host} has no address", bounds.connect_s) from None
    finally:
        await names.aclose()
    resolved_ns = clock.now_ns()
    channel = await dialing.connect(url.host, addresses, url.port, timeout_s=bounds.connect_s)
    connected_ns = clock.now_ns()
    if settings.tls is not None:
        await dialing.secure(channel, settings.tls, url.host, timeout_s=bounds.connect_s)
        replayed.tls_ns = clock.now_ns() - connected_ns
    replayed.address = channel.peer_address
    replayed.resolve_ns, replayed.connect_ns = resolved_ns - began_ns, connected_ns - resolved_ns
    return channel


def _explain_silence(settings: ReplaySettings, why: str) -> None:
    """Nothing at all came back: that is an error, and is told as one."""
    host, bounds = settings.url.host, settings.bounds
    if why == "silent":
        raise TimedOut("wait", f"{host} did not answer", bounds.silence_s)
    if why == "too-slow":
        raise TimedOut("wait", f"{host} did not answer", bounds.whole_s)
    raise Disconnected(host, "Connection reset by peer" if why == "reset" else "it closed without an answer")
