"""What is served: folders, applications and programs, each below its place in the URL (row B23)."""

from __future__ import annotations

from pathlib import Path

from michinori.http import Handler, StaticSite
from michinori.server.mounts import Mounts
from michinori.server.settings import Settings, WrongUsage

CGI_PLACE = "/cgi-bin"


def build(settings: Settings) -> Handler:
    """The handler for all of it. Raises ``WrongUsage``."""
    handlers: dict[str, Handler] = {}
    for text in settings.targets:
        place, target = split(text)
        if not target:
            raise WrongUsage(
                f"the target {text!r} names nothing: write a folder there, or an application as MODULE:APP"
            )
        if place in handlers:
            raise WrongUsage(f"two targets stand at {place}: give each a place of its own, as /one=DIR /two=DIR")
        handlers[place] = _handler(target, settings)
    if settings.cgi is not None:
        if CGI_PLACE in handlers:
            other = next(target for place, target in map(split, settings.targets) if place == CGI_PLACE)
            raise WrongUsage(f"--cgi stands at {CGI_PLACE} and so does {other}: move the other one")
        handlers[CGI_PLACE] = _programs(settings.cgi)
    if list(handlers) == ["/"]:
        return handlers["/"]
    try:
        return Mounts(handlers)
    except ValueError as error:
        raise WrongUsage(str(error)) from error


def split(text: str) -> tuple[str, str]:
    """The place and the target of ``/PREFIX=TARGET``, or ``/`` and the target alone."""
    if "=" in text and not Path(text).expanduser().exists():
        place, _, target = text.partition("=")
        if place.rpartition(" ")[2].startswith("/"):
            place = place.rstrip("/") or "/"
            return place, target
    return "/", text


def _handler(target: str, settings: Settings) -> Handler:
    folder = Path(target).expanduser()
    if folder.is_dir():
        try:
            return StaticSite(folder, dates="file", compress=settings.compress, listing=settings.listing)
        except OSError as error:
            raise WrongUsage(f"the folder {target} cannot be read: {error.strerror or error}") from error
    if folder.exists():
        raise WrongUsage(f"{target} is a file: give the folder that it lies in")
    module, colon, name = target.partition(":")
    if colon and all(part.isidentifier() for part in module.split(".")) and "/" not in name:
        from michinori.server import apps, extras

        try:
            return apps.load(target)
        except (apps.NoApplication, extras.MissingLibrary) as error:
            raise WrongUsage(str(error)) from error
    place, equals, named = target.partition("=")
    if equals and place.startswith("/"):
        raise WrongUsage(f"{place!r} is no place for a handler: write it as /api, or with methods as GET,HEAD /api")
    if equals and named and place:
        raise WrongUsage(f"there is no folder {target}: if {place} is a place, write /{place}={named}")
    raise WrongUsage(f"there is no folder {target}: give a folder, or an application as MODULE:APP")


def _programs(folder: str) -> Handler:
    path = Path(folder).expanduser()
    if not path.is_dir():
        raise WrongUsage(f"there is no folder {folder} for --cgi: make it, and put executable programs into it")
    from michinori.server.cgi import CgiHandler

    return CgiHandler(path)
