"""The packages of the extra ``report``, imported when a page is drawn and not before."""

from importlib import import_module
from typing import Any

from rotation.errors import MissingExtraError

__all__ = ["load"]


def load(module: str) -> Any:
    """Import ``module`` of an optional package.

    Raises
    ------
    MissingExtraError
        If it is not installed; the message says what to install.

    Examples
    --------
    >>> load("jinja2.nativetypes").__name__
    'jinja2.nativetypes'
    """
    package = module.partition(".")[0]
    try:
        import_module(package)
        return import_module(module)
    except ImportError as error:
        raise MissingExtraError(
            f'report: needs {package}, which is not installed; pip install "rotation[report]"'
        ) from error
