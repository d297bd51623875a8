from __future__ import annotations

from collections.abc import Iterator

import netns
import pytest
from tap_wire import Wire

from michinori import TapWorld


@pytest.fixture
def wire() -> Iterator[Wire]:
    with netns.namespace() as namespace, TapWorld(seed=1, record=True) as world:
        yield Wire(namespace, world)


@pytest.fixture
def unrecorded() -> Iterator[Wire]:
    with netns.namespace() as namespace, TapWorld(seed=1) as world:
        yield Wire(namespace, world)


@pytest.fixture
def kernel() -> Iterator[netns.Namespace]:
    """The kernel as 10.99.0.1 on the device mich0, in a namespace of its own, for a process of ours as 10.99.0.2."""
    with netns.namespace() as namespace:
        namespace.ip("tuntap add dev mich0 mode tap")
        namespace.ip("address add 10.99.0.1/24 dev mich0")
        namespace.ip("link set mich0 up")
        yield namespace
