"""Applications by name: ``module:attribute`` is imported, and served as what it turns out to be, ASGI or WSGI."""

from __future__ import annotations

import functools
import importlib
import inspect
import os
import sys
from typing import Any, Final

from michinori.http import Handler
from michinori.server.asgi import AsgiHandler
from michinori.server.settings import WrongUsage
from michinori.server.wsgi import WsgiHandler

_USUAL: Final = ("app", "application")


class NoApplication(WrongUsage):
    """The name leads to no application; one sentence says why."""


def load(name: str) -> Handler:
    """The handler of the application ``"module:attribute"`` (attribute left out: ``app`` or ``application``).

    Modules of the current folder are found too. Raises ``NoApplication``, ``extras.MissingLibrary``.
    """
    application = find(name)
    return AsgiHandler(application) if is_asgi(application) else WsgiHandler(application)


def find(name: str) -> Any:
    """The application itself. Raises ``NoApplication``."""
    module_name, _, attribute = name.partition(":")
    module = _import(module_name)
    if not attribute:
        attribute = next((usual for usual in _USUAL if hasattr(module, usual)), "")
        if not attribute:
            raise NoApplication(f"{module_name} has neither app nor application: name it, as in {module_name}:create")
    found: Any = module
    for part in attribute.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise NoApplication(f"the module {module_name} has no {attribute}: check its name") from None
    if not callable(found):
        raise NoApplication(
            f"{name} is a {type(found).__name__}, which is no application: give an ASGI or WSGI application"
        )
    return found


def is_asgi(application: Any) -> bool:
    """Whether it is an ASGI application: a coroutine function, or three arguments where WSGI has two."""
    while isinstance(application, functools.partial):
        application = application.func
    if inspect.isclass(application):
        return False
    if inspect.iscoroutinefunction(application) or inspect.iscoroutinefunction(type(application).__call__):
        return True
    try:
        inspect.signature(application).bind(None, None, None)
    except TypeError:
        return False
    try:
        inspect.signature(application).bind(None, None)
    except TypeError:
        return True
    return False


def _import(name: str) -> Any:
    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise NoApplication(f"there is no module {name}, neither installed nor in {here}: check its name") from None
        raise NoApplication(f"the module {name} needs {error.name}, which is not installed: install it") from error
    except Exception as error:
        raise NoApplication(
            f"the module {name} failed while it was imported: {type(error).__name__}: {error}"
        ) from error
