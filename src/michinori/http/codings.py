"""Content codings undone (RFC 9110 section 8.4.1): gzip, deflate in both its readings, br, zstd, and stacks of them.

Everything streams: what comes out of one arrival is given in pieces of at most 64 kB, and a bomb is noticed before it
has gone off. Whatever is corrupt or cut off raises ``BadCoding`` after all that could be decoded has been given.
"""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Protocol

from michinori.http.errors import BadCoding, TooLarge
from michinori.http.limits import Bounds

PIECE: Final = 64 * 1024
_SLICE: Final = 16 * 1024
_SALVAGED: Final = 64 * 1024
_MOST_STACKED: Final = 5


class _Engine(Protocol):
    """One coding's decoder: pieces of output for octets of input, and whether its stream has ended."""

    @property
    def ended(self) -> bool: ...

    def feed(self, octets: bytes) -> Iterator[bytes]: ...


class _Zlib:
    """gzip (members one behind the other) and deflate. What stands behind the end is ignored, as browsers do."""

    def __init__(self, window_bits: int) -> None:
        self._window_bits = window_bits
        self._machine = zlib.decompressobj(window_bits)
        self.ended = False

    def feed(self, octets: bytes) -> Iterator[bytes]:
        while octets and not self.ended:
            yield self._machine.decompress(octets, PIECE)
            octets = self._machine.unconsumed_tail
            # A full piece may have left output behind inside the machine, with all input taken.
            while not octets and (piece := self._machine.decompress(b"", PIECE)):
                yield piece
            if self._machine.eof:
                octets = self._after_the_end(self._machine.unused_data)

    def _after_the_end(self, rest: bytes) -> bytes:
        """What of the rest is to be decoded too: nothing."""
        self.ended = True
        return rest[:0]


class _Gzip(_Zlib):
    def __init__(self) -> None:
        super().__init__(16 + zlib.MAX_WBITS)
        self._behind = b""

    def feed(self, octets: bytes) -> Iterator[bytes]:
        if self.ended:
            # Another member, or junk? Two octets tell.
            octets, self._behind = self._behind + octets, b""
            octets = self._after_the_end(octets)
        yield from super().feed(octets)

    def _after_the_end(self, rest: bytes) -> bytes:
        if rest[:2] == b"\x1f\x8b":
            self._machine = zlib.decompressobj(self._window_bits)
            self.ended = False
            return rest
        self.ended = True
        self._behind = rest[:1]
        return b""


class _Deflate:
    """RFC 9110 means zlib's format (RFC 1950), but some servers send a bare deflate stream: the first octets tell."""

    def __init__(self) -> None:
        self._engine: _Zlib | None = None
        self._first = b""

    @property
    def ended(self) -> bool:
        return self._engine is not None and self._engine.ended

    def feed(self, octets: bytes) -> Iterator[bytes]:
        if self._engine is None:
            self._first += octets
            if len(self._first) < 2:
                return
            octets = self._first
            method, check = octets[0] & 0x0F, int.from_bytes(octets[:2], "big") % 31
            self._engine = _Zlib(zlib.MAX_WBITS if method == 8 and check == 0 else -zlib.MAX_WBITS)
        yield from self._engine.feed(octets)


class _Brotli:
    """RFC 7932. Where the stream ends its library does not say, so octets behind the end count as corruption."""

    def __init__(self, module: Any) -> None:
        self._machine = module.Decompressor()
        self.ended = False

    def feed(self, octets: bytes) -> Iterator[bytes]:
        while True:
            piece: bytes = self._machine.process(octets, output_buffer_limit=PIECE)
            octets = b""
            if piece:
                yield piece
            self.ended = self._machine.is_finished()
            if self.ended or (not piece and self._machine.can_accept_more_data()):
                return


class _Zstd:
    """RFC 8878, frames one behind the other; the window is bounded to 8 MB by RFC 9659."""

    _WINDOW_LOG: Final = 23

    def __init__(self, module: Any) -> None:
        self._module = module
        self._machine = self._new()
        self.ended = False

    def _new(self) -> Any:
        return self._module.ZstdDecompressor(
            options={self._module.DecompressionParameter.window_log_max: self._WINDOW_LOG}
        )

    def feed(self, octets: bytes) -> Iterator[bytes]:
        if octets and self._machine.eof:
            self._machine = self._new()
        while octets or not self._machine.needs_input:
            yield self._machine.decompress(octets, PIECE)
            octets = b""
            if self._machine.eof:
                octets = self._machine.unused_data
                if not octets:
                    break
                self._machine = self._new()
        self.ended = self._machine.eof


def _brotli_module() -> Any:
    return importlib.import_module("brotli")


def _zstd_module() -> Any:
    try:
        return importlib.import_module("compression.zstd")  # Python 3.14
    except ImportError:
        return importlib.import_module("backports.zstd")


_ENGINES: Final[dict[str, Callable[[], _Engine]]] = {
    "gzip": _Gzip,
    "x-gzip": _Gzip,
    "deflate": _Deflate,
    "br": lambda: _Brotli(_brotli_module()),
    "zstd": lambda: _Zstd(_zstd_module()),
}


def supported() -> tuple[str, ...]:
    """The codings that can be undone here, in the order in which to offer them."""
    offered = ["gzip", "deflate"]
    for coding, module in (("br", _brotli_module), ("zstd", _zstd_module)):
        try:
            module()
        except ImportError:
            continue
        offered.append(coding)
    return tuple(offered)


class Decoder:
    """Undoes one coding. Raises ``BadCoding`` and nothing else."""

    def __init__(self, coding: str) -> None:
        self.coding = coding
        self._engine = self._make()
        self._fed = bytearray()
        self._given = 0
        self._touched = False

    def feed(self, octets: bytes) -> Iterator[bytes]:
        """The pieces that these octets complete."""
        for start in range(0, len(octets), _SLICE):
            part = octets[start : start + _SLICE]
            self._touched = True
            if len(self._fed) <= _SALVAGED:
                self._fed += part
            try:
                for piece in self._engine.feed(part):
                    if piece:
                        self._given += len(piece)
                        yield piece
            except Exception as error:  # zlib.error, brotli.error, ZstdError, EOFError: the library's own, all of them
                yield from self._salvage()
                raise BadCoding(self.coding, f"the stream is corrupt: {error}") from None

    def end(self) -> None:
        """No more will come. An empty stream is taken for empty content."""
        if self._touched and not self._engine.ended:
            raise BadCoding(self.coding, "the stream is cut off")

    def _salvage(self) -> Iterator[bytes]:
        """What a decoder had ready when it met the fault is lost with it: go there again in single octets."""
        if len(self._fed) > _SALVAGED:
            return
        engine, seen = self._make(), 0
        try:
            for octet in self._fed:
                for piece in engine.feed(bytes((octet,))):
                    fresh = piece[max(0, self._given - seen) :]
                    seen += len(piece)
                    if fresh:
                        self._given += len(fresh)
                        yield fresh
        except Exception:
            return  # the fault again

    def _make(self) -> _Engine:
        maker = _ENGINES.get(self.coding)
        if maker is None:
            raise BadCoding(self.coding, "it is unknown here")
        try:
            return maker()
        except ImportError:
            raise BadCoding(self.coding, "its library is missing: pip install 'michinori[browser]'") from None


class Stack:
    """Undoes the codings of one message, the last applied first, within bounds."""

    def __init__(self, codings: Sequence[str], bounds: Bounds | None = None) -> None:
        self.codings = [coding for coding in codings if coding != "identity"]
        if len(self.codings) > _MOST_STACKED:
            raise TooLarge("the number of stacked content codings", _MOST_STACKED, stage="decode")
        self._decoders = [Decoder(coding) for coding in reversed(self.codings)]
        self._out = [0] * len(self._decoders)
        self._bounds = bounds or Bounds()
        self.taken = 0
        self.given = 0

    def feed(self, octets: bytes) -> Iterator[bytes]:
        """The decoded pieces that these octets complete. Raises ``BadCoding``, or ``TooLarge`` for a bomb."""
        self.taken += len(octets)
        for piece in self._through(0, octets):
            self.given += len(piece)
            yield piece

    def end(self) -> None:
        """No more will come. Raises ``BadCoding`` if something is missing."""
        for decoder in self._decoders:
            decoder.end()

    def _through(self, level: int, octets: bytes) -> Iterator[bytes]:
        if level == len(self._decoders):
            if octets:
                yield octets
            return
        for piece in self._decoders[level].feed(octets):
            self._out[level] += len(piece)
            self._weigh(level)
            yield from self._through(level + 1, piece)

    def _weigh(self, level: int) -> None:
        bounds, out = self._bounds, self._out[level]
        if out > bounds.coded_free_octets and out > self.taken * bounds.coded_ratio:
            raise TooLarge(f"{self._decoders[level].coding!r} content", f"{bounds.coded_ratio} : 1", stage="decode")


def gzip(octets: bytes) -> bytes:
    """Coded as gzip, the same octets every time: no file name, no date."""
    machine = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return machine.compress(octets) + machine.flush()
