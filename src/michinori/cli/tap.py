"""``michinori tap``: make and remove the kernel's side of a TAP device."""

from __future__ import annotations

from ipaddress import IPv4Interface, ip_interface

from michinori.cli.complaint import complain
from michinori.cli.language import Language
from michinori.cli.sentences import say
from michinori.cli.status import DONE, FAILED
from michinori.link import TapError
from michinori.world import kernel_side


def up(name: str, address: str, namespace: str, language: Language) -> int:
    """Make it and say how to use it. Gives the exit status."""
    try:
        kernel_side.raise_device(name, address, namespace=namespace, owner=kernel_side.calling_user())
    except TapError as error:
        complain(error, language)
        return FAILED
    where = say("tap-namespace", language, namespace=namespace) if namespace else ""
    print(say("tap-up", language, name=name, address=address, where=where, ours=neighbour(address)))
    return DONE


def down(name: str, namespace: str, language: Language) -> int:
    """Take it away. Gives the exit status."""
    try:
        is_gone = kernel_side.remove_device(name, namespace=namespace)
    except TapError as error:
        complain(error, language)
        return FAILED
    print(say("tap-down", language, name=name))
    if is_gone:
        print(say("tap-namespace-down", language, namespace=namespace))
    return DONE


def neighbour(address: str) -> str:
    """An address beside that one, for our side: the next, or the one before at the end of the network."""
    kernels = IPv4Interface(str(ip_interface(address)))
    network = kernels.network
    hosts = range(2) if network.prefixlen == 31 else range(1, network.num_addresses - 1)
    number = int(kernels.ip) - int(network.network_address)
    return f"{network[number + (1 if number + 1 in hosts else -1)]}/{network.prefixlen}"
