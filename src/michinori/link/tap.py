"""A TAP device of Linux: frames that a program writes come out of the kernel's network interface, and the other way.

It is a plug, so it can stand at the end of a cable with a rate, a delay and faults, or at a switch; or an adapter is
plugged straight into it. The kernel's documentation: ``Documentation/networking/tuntap.rst``.
"""

from __future__ import annotations

import errno
import os
import shlex
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from michinori.link import offload
from michinori.link.counters import Counters
from michinori.link.plug import Lead, Sender, Tell

if TYPE_CHECKING:
    from michinori.link.adapter import Adapter

_CLONE: Final = "/dev/net/tun"
_NAMESPACES: Final = "/run/netns"
_TUNSETIFF: Final = 0x400454CA
_TUNSETPERSIST: Final = 0x400454CB
_TUNSETOWNER: Final = 0x400454CC
_IFF_TAP: Final = 0x0002
_IFF_NO_PI: Final = 0x1000
_SIOCGIFADDR: Final = 0x8915
_SIOCGIFMTU: Final = 0x8921
_CLONE_NEWNET: Final = 0x40000000
_IFREQ: Final = struct.Struct("16sH22x")

#: Frames taken in for one waking, at most: timers and applications have their turn after them.
BATCH: Final = 64
#: Octets of a frame beside its payload: addresses and type, and a VLAN tag.
_HEADER: Final = 18
#: Why a frame could not be written, by the error of the kernel.
_REASONS: Final = {
    errno.EAGAIN: "queue-full",
    errno.ENOBUFS: "queue-full",
    errno.EIO: "interface-down",
    errno.EBADFD: "device-gone",
    errno.EBADF: "device-gone",
    errno.EINVAL: "too-long",
}


class TapError(OSError):
    """The device cannot be had; the message is one sentence that says why and the way out."""

    def __str__(self) -> str:
        return self.strerror or ""


class TapDevice:
    """One open TAP device. Made by ``open_tap``.

    Its owner calls ``take_in`` when ``fileno()`` can be read. What it takes in goes to the adapter that is plugged in,
    or onto the cable.
    """

    def __init__(
        self, name: str, descriptor: int, mtu: int = 1500, *, batch: int = BATCH, offload: bool = False
    ) -> None:
        self.name = name
        self.mtu = mtu
        self.offload = offload
        """Headers stand in front of the frames: see ``offload.py``."""
        self.gone = False
        self.look_at_clock: Callable[[], object] = _no_clock
        """Called before each frame that is taken in: an answer can be there before its question's batch is over."""
        self.counters = Counters()
        self.cable_end: Lead | None = None
        self._descriptor = descriptor
        self._batch = batch
        self._adapter: Adapter | None = None
        self._arrive: Callable[[bytes], None] = self._carry
        self._largest = mtu + _HEADER

    def __repr__(self) -> str:
        return f"<TapDevice {self.name}{' gone' if self.gone else ''}>"

    def fileno(self) -> int:
        """The descriptor of the device."""
        return self._descriptor

    # What is plugged in

    def plug_into(self, adapter: Adapter) -> None:
        """Plug an adapter straight in, without a cable between. Raises ``ValueError`` if either is taken."""
        if self._adapter is not None or self.cable_end is not None or adapter.cable_end is not None:
            raise ValueError(f"{self.name} or the adapter that should be plugged into it is taken")
        self._adapter = adapter
        self._arrive = adapter.receive
        adapter.cable_end = self
        if self.offload:
            adapter.segmenter = self

    def lead_to(self, arrive: Callable[[bytes], None]) -> None:
        """What comes from the kernel for the adapter goes there from now on."""
        self._arrive = arrive

    def short_way(self, sender: Sender) -> Callable[[bytes], bool]:
        """The short way to ``send`` for an adapter of which no events are recorded: frames are counted there too. What
        does not go down at once is given back to it, and False says so.
        """
        front, largest, write = offload.PLAIN if self.offload else b"", self._largest, os.write
        ours, theirs = self.counters, sender.counters

        def put(frame: bytes) -> bool:
            size = len(frame)
            if size > largest:
                sender.send(frame)
                return False
            try:
                write(self._descriptor, front + frame)
            except OSError:
                sender.send(frame)
                return False
            ours.tx_frames += 1
            ours.tx_octets += size
            theirs.tx_frames += 1
            theirs.tx_octets += size
            return True

        return put

    @property
    def has_carrier(self) -> bool:
        """Whether frames get anywhere."""
        return not self.gone

    def send(self, frame: bytes, tell: Tell | None = None) -> str:
        """Called by the adapter: give a frame to the kernel. Gives why it was dropped: "" (it was not), ``queue-full``,
        ``too-long``, ``interface-down`` or ``device-gone``.
        """
        why = self._write(frame)
        if tell is not None:
            tell(frame, why)
        return why

    def send_large(self, frame: bytes, mss: int, tell: Tell | None = None) -> str:
        """Called by the adapter: the same with a TCP segment that is to be cut, see ``offload.Segmenter``."""
        why = self._put((offload.header_for(frame, mss), frame))
        if tell is not None:
            tell(offload.completed(frame), why)
        return why

    def receive(self, frame: bytes, fcs: bytes | None = None, cause: int = 0) -> None:  # noqa: ARG002
        """Called by the cable: give a frame to the kernel, unless the cable has damaged it."""
        why = self._write(frame) if fcs is None else "fcs"
        if why:
            self.counters.drop(why)

    def marked(self, frame: bytes) -> None:
        """A frame of the kernel's was marked in the queue of the cable: it will see by itself."""

    def lost(self, frame: bytes, why: str, cause: int) -> None:  # noqa: ARG002
        """A frame of the kernel's was on its way when the cable was cut."""
        self.counters.drop(why)

    def _write(self, frame: bytes) -> str:
        if len(frame) > self._largest:
            return "too-long"
        return self._put((offload.PLAIN, frame) if self.offload else (frame,))

    def _put(self, octets: tuple[bytes, ...]) -> str:
        try:
            os.writev(self._descriptor, octets)
        except OSError as error:
            why = _REASONS.get(error.errno or 0)
            if why is None:
                raise
            self.gone = self.gone or why == "device-gone"
            return why
        counters = self.counters
        counters.tx_frames += 1
        counters.tx_octets += len(octets[-1])
        return ""

    # What comes from the kernel

    def take_in(self) -> bool:
        """Take in the frames that wait, up to a batch. False when the device is gone."""
        read, descriptor = os.read, self._descriptor
        counters, look_at_clock = self.counters, self.look_at_clock
        room = self._largest + 1 if not self.offload else offload.HEADER_OCTETS + offload.LARGEST_FRAME + 1
        try:
            for _ in range(self._batch):
                frame = read(descriptor, room)
                if not frame:
                    self.gone = True
                    return False
                look_at_clock()
                counters.rx_frames += 1
                counters.rx_octets += len(frame)
                if len(frame) == room:
                    counters.drop("too-long")  # and cut off
                elif not self.offload:
                    self._arrive(frame)
                elif len(frame) >= offload.HEADER_OCTETS:
                    self._receive_behind_header(frame)
        except BlockingIOError:
            pass
        except OSError as error:
            if error.errno not in (errno.EBADFD, errno.EBADF, errno.EIO):
                raise
            self.gone = True
            return False
        return True

    def _receive_behind_header(self, octets: bytes) -> None:
        adapter = self._adapter
        if adapter is None:
            self._carry(offload.unwrap(octets, complete=True)[0])
            return
        frame, adapter.vouches = offload.unwrap(octets, complete=adapter.tap is not None)
        self._arrive(frame)
        adapter.vouches = False

    def _carry(self, frame: bytes) -> None:
        why = self.cable_end.send(frame) if self.cable_end is not None else "no-cable"
        if why:
            self.counters.drop(why)

    def persist(self, owner: int | None = None) -> None:
        """Let the device stay when it is closed; the user number ``owner`` may open it. Raises ``OSError``."""
        import fcntl

        if owner is not None:
            fcntl.ioctl(self._descriptor, _TUNSETOWNER, owner)
        fcntl.ioctl(self._descriptor, _TUNSETPERSIST, 1)

    def close(self) -> None:
        """Let go of the device. One that was not made to persist is gone then."""
        if self._descriptor >= 0:
            if self.offload:
                offload.negotiate(self._descriptor, wanted=False)
            os.close(self._descriptor)
            self._descriptor = -1
            self.gone = True


def _no_clock() -> None:
    """Whoever drives in real time sets another."""


def open_tap(name: str, *, namespace: str = "", offload: bool = False) -> TapDevice:
    """Open the TAP device of that name, in a named network namespace if one is given; one that is not there is made,
    and is gone when it is closed. With ``offload``, if the kernel can. Raises ``TapError``.
    """
    if sys.platform != "linux":
        raise TapError(errno.ENOSYS, f"TAP devices are Linux's, and this is {sys.platform}: use another way there")
    if not 0 < len(name.encode()) < 16 or "/" in name or not name.isprintable():
        raise TapError(errno.EINVAL, f"{name!r} is no name for a network device: it has 15 characters at most")
    with in_namespace(namespace):
        return _open_here(name, wants_offload=offload)


def _open_here(name: str, *, wants_offload: bool) -> TapDevice:
    import fcntl

    try:
        descriptor = os.open(_CLONE, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise _sentence(name, error) from error
    try:
        flags = _IFF_TAP | _IFF_NO_PI | (offload.IFF_VNET_HDR if wants_offload else 0)
        fcntl.ioctl(descriptor, _TUNSETIFF, _IFREQ.pack(name.encode(), flags))
        is_granted = offload.negotiate(descriptor, wanted=wants_offload)
        device = TapDevice(name, descriptor, _mtu_of(name), offload=is_granted)
    except OSError as error:
        os.close(descriptor)
        raise _sentence(name, error) from error
    if wants_offload and not is_granted:
        # It was opened for headers in front of frames, which is not what the kernel does: once more without.
        device.close()
        return _open_here(name, wants_offload=False)
    return device


def _mtu_of(name: str) -> int:
    return int(struct.unpack_from("i", _ask_of(name, _SIOCGIFMTU), 16)[0])


def kernel_address(name: str) -> bytes:
    """The IPv4 address that the kernel has on that device; nothing if it has none."""
    try:
        return _ask_of(name, _SIOCGIFADDR)[20:24]
    except OSError:
        return b""


def _ask_of(name: str, what: int) -> bytes:
    """What the kernel knows of a network device, as a struct ifreq."""
    import fcntl
    import socket  # noqa: TID251 (a handle to ask the kernel by, nothing is sent through it)

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        return fcntl.ioctl(handle.fileno(), what, struct.pack("16s24x", name.encode()))


def as_root(words: str) -> str:
    """The command line that calls this very Michinori with more rights: the PATH of sudo knows of no virtual
    environment.
    """
    return f"sudo {shlex.quote(sys.executable)} -m michinori {words}"


def _sentence(name: str, error: OSError) -> TapError:
    number = error.errno or 0
    match number:
        case errno.EPERM | errno.EACCES:
            why = (
                f"to open the TAP device {name} needs root or CAP_NET_ADMIN: run it with sudo, or let "
                f"`{as_root(f'tap up {name}')}` make a device that is yours"
            )
        case errno.EBUSY:
            why = f"the TAP device {name} is in use by another program: end that, or take another name"
        case errno.EINVAL:
            why = f"there is a network device {name} that is no TAP device: take another name"
        case errno.ENOENT | errno.ENODEV | errno.ENXIO:
            why = f"this kernel has no {_CLONE}: load its module by `sudo modprobe tun`"
        case _:
            why = f"the TAP device {name} cannot be opened: {error.strerror}"
    return TapError(number, why)


@contextmanager
def in_namespace(namespace: str) -> Iterator[None]:
    """While inside, this thread is in that network namespace."""
    if not namespace:
        yield
        return
    try:
        there = os.open(f"{_NAMESPACES}/{namespace}", os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise TapError(
            error.errno or 0, f"there is no network namespace {namespace}: make it by `sudo ip netns add {namespace}`"
        ) from error
    try:
        here = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            _enter(there, namespace)
            try:
                yield
            finally:
                _enter(here, "")
        finally:
            os.close(here)
    finally:
        os.close(there)


def _enter(descriptor: int, namespace: str) -> None:
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, _CLONE_NEWNET):
        number = ctypes.get_errno()
        way_out = f"to enter the network namespace {namespace} needs root or CAP_SYS_ADMIN: run it with sudo"
        raise TapError(number, way_out if number == errno.EPERM else os.strerror(number))
