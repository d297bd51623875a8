"""The server that listens to a browser: takes requests, keeps their exact octets, and answers if it is told to."""

from michinori.server.catch.catcher import Catcher, CatchError, Outcome
from michinori.server.catch.caught import Caught
from michinori.server.catch.hello import Hello
from michinori.server.catch.keepers import FolderKeeper, InMemory, Keeper, SingleFile
from michinori.server.catch.settings import CatchBounds, CatchSettings, Tell

__all__ = [
    "CatchBounds",
    "CatchError",
    "CatchSettings",
    "Catcher",
    "Caught",
    "FolderKeeper",
    "Hello",
    "InMemory",
    "Keeper",
    "Outcome",
    "SingleFile",
    "Tell",
]
