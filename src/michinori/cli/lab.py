"""``michinori lab``: the report live in a browser of this machine."""

from __future__ import annotations

import sys
from pathlib import Path

from michinori.cli.complaint import complain
from michinori.cli.sentences import say
from michinori.cli.spoken import Spoken
from michinori.cli.status import DONE, FAILED, WRONG_USAGE


class Options(Spoken, kw_only=True):
    """The options as they were given."""

    port: int
    folder: str | None
    sites: tuple[str, ...]
    scenarios: tuple[str, ...]


def run(options: Options) -> int:
    """Do it. Gives the exit status."""
    from michinori.server.extras import MissingLibrary, load
    from michinori.server.settings import ServeError
    from michinori.world.scenario import ScenarioError

    try:
        sites = _sites(options.sites)
        for library in ("starlette", "uvicorn"):
            load(library, "the lab", extra="lab")
        from michinori.lab.running import run as serve

        serve(
            options.port,
            None if options.folder is None else Path(options.folder),
            sites=sites,
            scenarios=options.scenarios,
            language=options.lang,
            ready=lambda url: print(say("lab-ready", options.language, url=url), file=sys.stderr, flush=True),
        )
    except ScenarioError as error:
        complain(error, options.language)
        return WRONG_USAGE
    except (MissingLibrary, ServeError) as error:
        complain(error, options.language)
        return FAILED
    except OSError as error:
        folder = options.folder or "the folder for temporary files"
        complain(f"{folder} cannot be written ({error.strerror or error}): choose another with --dir", options.language)
        return FAILED
    except KeyboardInterrupt:
        pass  # before it served
    return DONE


def _sites(given: tuple[str, ...]) -> dict[str, Path]:
    from michinori.world.changes import parse_site, with_site
    from michinori.world.scenario import load

    sites = {}
    home, _ = load("home")
    for site in given:
        name, path = parse_site(site)
        with_site(home, name, path)  # says what is wrong with it
        sites[name] = path.absolute()
    return sites
