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
    import pandas as pd
    import typer

    from rotation.data.bars import Bars

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

    @app.command()
    def check(
        file: Annotated[Path, typer.Argument(help="CSV or Parquet of closes or bars.")],
        actions: Annotated[
            Path | None,
            typer.Option(
                help="Dividends and splits that the closes are not adjusted for.", metavar="FILE"
            ),
        ] = None,
        calendar: Annotated[
            str | None, typer.Option(help="Exchange, as XNYS, XHKG or XSHG.", metavar="NAME")
        ] = None,
        as_json: Annotated[
            bool, typer.Option("--json", help="Print JSON instead of the list.")
        ] = False,
    ) -> int:
        """Look for what is wrong with a file of prices; exit code 1 if there are errors.

        Example: rotation check prices.csv --calendar XNYS
        """
        from rotation.data.action_files import read_actions
        from rotation.data.quality import check_prices

        given = None if actions is None else read_actions(actions)
        found = check_prices(_read_file(file), given, calendar)
        print(found.to_json() if as_json else found)
        return 0 if found.ok else 1

    return app


def _read_file(path: Path) -> "pd.DataFrame | Bars":
    """Closes of a file with a column for each ticker, bars of any other."""
    from rotation.data.files import inspect, read_bars, read_closes

    return read_closes(path) if inspect(path).how.layout == "wide" else read_bars(path)
