"""Command line: ``rotation``.

What a user gets wrong ends in one line and exit code 2, never in a traceback.
"""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from rotation.errors import RotationError

if TYPE_CHECKING:
    import typer

__all__ = ["main"]

_LEDGER = "rotation-trials.sqlite"  # in the folder in which the command is run


def main() -> None:
    """Run the command line on the arguments of the process."""
    try:
        import typer
    except ImportError:
        sys.exit(_refuse('the command line needs typer; run pip install "rotation[cli]"'))
    usage_error: Any = typer.BadParameter.__bases__[0]  # typer does not export it
    try:
        code = _app()(sys.argv[1:] or ["--help"], standalone_mode=False)
    except RotationError as error:
        code = _refuse(str(error))
    except usage_error as error:
        code = _refuse(error.format_message())
    sys.exit(code)


def _refuse(message: str) -> int:
    print(f"rotation: {message}", file=sys.stderr)
    return 2


def _app() -> "typer.Typer":
    import typer

    app = typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        help="Backtests of rotation strategies. Try: rotation demo",
    )

    @app.callback()
    def _group() -> None:
        """Trials are counted in the file that ROTATION_TRIALS names, or else beside the project."""
        from rotation.trials import LEDGER_VARIABLE

        os.environ.setdefault(LEDGER_VARIABLE, _LEDGER)

    @app.command()
    def demo(
        page: Annotated[
            Path | None, typer.Option(help="Write the HTML page to this file.", metavar="FILE")
        ] = None,
        as_json: Annotated[
            bool, typer.Option("--json", help="Print JSON instead of the table.")
        ] = False,
    ) -> None:
        """Switch from semiconductors to software over the embedded history, after 10 bp.

        Example: rotation demo --page semis_to_software.html
        """
        from rotation.thesis.shovels import CAVEAT, demonstrate
        from rotation.trials import LEDGER_VARIABLE, count, data_hash

        comparison = demonstrate()
        if page is not None:
            comparison.results["switch"].report(page)
        tried = count(data=data_hash(comparison.results["switch"].closes))
        plain = {**comparison.to_dict(), "caveat": CAVEAT, "trials": tried}
        print(json.dumps(plain, indent=2) if as_json else f"{comparison}\n\n{CAVEAT}")
        ledger = os.environ[LEDGER_VARIABLE]
        print(f"Strategies tried on these closes: {tried}, by {ledger}", file=sys.stderr)
        if page is not None:
            print(f"The page is {page}", file=sys.stderr)

    return app
