"""``michinori serve --via tap``: the same server on a host of ours, whose TCP/IP is our own. Linux only."""

from __future__ import annotations

import msgspec

from michinori.cli.language import Language
from michinori.cli.serve import HAR, TRACE, Console, Opening, folder_for, keep, make_ready
from michinori.link import TapError
from michinori.server import addresses, running
from michinori.server.settings import ServeError, Settings, WrongUsage
from michinori.server.trail import Trail
from michinori.world import Machine, TapWorld
from michinori.world.tap_world import TapHost

_HOST = "server"
_CAPTURE = "packets.pcapng"


def serve(settings: Settings, plugged: TapHost, language: Language, *, force: bool) -> int:
    """Serve until a signal says that it is enough. Gives the exit status. Raises ``ServeError``, ``FolderError``."""
    folder = folder_for(settings, [TRACE, HAR, _CAPTURE], force=force)
    make_ready()
    with TapWorld(record=folder is not None) as world:
        # Who keeps the packets wants to see those that a wire would have.
        host = _plug_in(world, plugged, offload=folder is None)
        settings = msgspec.structs.replace(settings, host=host.addresses[0])
        tell = Console(settings, language)
        trail = None if world.recorder is None else Trail(settings.scheme, world.recorder)
        opening = Opening(tell)
        try:
            return world.run(_serve(settings, tell, trail, opening), on=host)
        finally:
            if folder is not None and trail is not None and opening.served:
                files = {TRACE: trail.save_trace, HAR: trail.save_har}
                keep(folder, files | {_CAPTURE: lambda path: world.save_pcapng(path, host)}, tell)


def _plug_in(world: TapWorld, plugged: TapHost, *, offload: bool) -> Machine:
    try:
        return plugged.plug_in(world, _HOST, offload=offload)
    except TapError as error:
        raise ServeError(str(error)) from error
    except ValueError as error:
        raise WrongUsage(str(error)) from error


async def _serve(settings: Settings, tell: running.Tell, trail: Trail | None, opening: Opening) -> int:
    sockets = addresses.bind(settings.host, settings.port)  # the host's, as we run on it
    try:
        return await running.serve_until_stopped(settings, sockets, tell, trail=trail, ready=opening)
    finally:
        for sock in sockets:
            sock.close()
