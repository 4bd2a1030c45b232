"""Packages of the extras, imported when they are needed and not before."""

from importlib import import_module
from typing import Any

from rotation.errors import MissingExtraError

__all__ = ["load"]


def load(module: str, extra: str, argument: str) -> Any:
    """Import ``module`` of an optional package.

    Parameters
    ----------
    module : name, dots and all
    extra : of this package that brings it
    argument : what asked for it, for the message

    Raises
    ------
    MissingExtraError
        If it is not installed; the message says what to install.

    Examples
    --------
    >>> load("jinja2.nativetypes", "report", "path").__name__
    'jinja2.nativetypes'
    """
    package = module.partition(".")[0]
    try:
        import_module(package)
        return import_module(module)
    except ImportError as error:
        raise MissingExtraError(
            f'{argument}: needs {package}, which is not installed; pip install "rotation[{extra}]"'
        ) from error
