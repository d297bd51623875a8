"""The kernel's side of a TAP device: made to stay, with an address, in a namespace if wanted; and taken away again.

Addresses and namespaces by pyroute2 (extra ``tap``); the device itself by ``link/tap.py``.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Interface, ip_interface
from typing import Any, Final

from michinori.link import TapError, open_tap
from michinori.link.tap import as_root, in_namespace

#: What the kernel is at the other end of a device unless told otherwise.
ADDRESS: Final = "10.99.0.1/24"
DEVICE: Final = "mich0"


def raise_device(name: str = DEVICE, address: str = ADDRESS, *, namespace: str = "", owner: int | None = None) -> None:
    """Make the device, if it is not there, and give the kernel that address there. The user number ``owner`` can open
    it without further rights. Raises ``TapError``.
    """
    kernels = _interface(address)
    with _rights(name):
        if namespace:
            _make_namespace(namespace)
        try:
            device = open_tap(name, namespace=namespace)
        except TapError as error:
            if error.errno != errno.EBUSY:  # somebody uses it, so it is there
                raise
        else:
            device.persist(owner)
            device.close()
        with _route(namespace) as route:
            (index,) = route.link_lookup(ifname=name)
            if not route.get_addr(index=index, address=str(kernels.ip)):
                route.addr("add", index=index, address=str(kernels.ip), prefixlen=kernels.network.prefixlen)
            route.link("set", index=index, state="up")


def remove_device(name: str = DEVICE, *, namespace: str = "") -> bool:
    """Take the device away, and the namespace if nothing else is in it. Whether the namespace is gone too. Raises
    ``TapError``.
    """
    with _rights(name):
        if namespace and namespace not in _namespaces():
            raise TapError(errno.ENOENT, f"there is no network namespace {namespace}: see `ip netns list`")
        with _route(namespace) as route:
            found = route.link_lookup(ifname=name)
            if not found:
                where = f" in the namespace {namespace}" if namespace else ""
                raise TapError(errno.ENODEV, f"there is no network device {name}{where}: see `ip tuntap show`")
            if not _is_tap(route, found[0]):
                raise TapError(errno.EINVAL, f"{name} is no TAP device, so it is left alone: see `ip tuntap show`")
            route.link("del", index=found[0])
            others = [link.get_attr("IFLA_IFNAME") for link in route.get_links()]
        if namespace and set(others) <= {"lo"}:
            _pyroute2().netns.remove(namespace)
            return True
    return False


def _interface(address: str) -> IPv4Interface:
    try:
        found = ip_interface(address)
    except ValueError:
        found = None
    if not isinstance(found, IPv4Interface) or "/" not in address:
        raise TapError(errno.EINVAL, f"{address} is no IPv4 address with the length of its prefix, such as {ADDRESS}")
    return found


def _is_tap(route: Any, index: int) -> bool:
    (link,) = route.get_links(index)
    about = link.get_attr("IFLA_LINKINFO")
    return about is not None and about.get_attr("IFLA_INFO_KIND") == "tun"


def _namespaces() -> list[str]:
    return [str(name) for name in _pyroute2().netns.listnetns()]


def _make_namespace(namespace: str) -> None:
    if namespace in _namespaces():
        return
    _pyroute2().netns.create(namespace)
    with _route(namespace) as route:
        route.link("set", index=1, state="up")


@contextmanager
def _route(namespace: str) -> Iterator[Any]:
    with in_namespace(namespace), _pyroute2().IPRoute() as route:
        yield route


@contextmanager
def _rights(name: str) -> Iterator[None]:
    """What the kernel refuses becomes one sentence."""
    library = _pyroute2()
    try:
        yield
    except TapError:
        raise
    except library.NetlinkError as error:
        raise _sentence(name, int(error.code), str(error)) from error
    except OSError as error:
        raise _sentence(name, error.errno or 0, error.strerror or str(error)) from error


def _sentence(name: str, number: int, meaning: str) -> TapError:
    if number in (errno.EPERM, errno.EACCES):
        command = as_root(f"tap up {name}")
        meaning = f"to set up the TAP device {name} needs root or CAP_NET_ADMIN: run it with sudo, as `{command}`"
    return TapError(number, meaning)


def _pyroute2() -> Any:
    try:
        import pyroute2  # type: ignore[import-untyped]
    except ImportError as error:
        way_out = 'addresses and namespaces need the extra "tap": pip install "michinori[tap]"'
        raise TapError(errno.ENOSYS, way_out) from error
    return pyroute2


def calling_user() -> int:
    """Whose the device is to be: who called sudo, or who runs this."""
    return int(os.environ.get("SUDO_UID") or os.getuid())
