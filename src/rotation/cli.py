"""Command line: ``rotation``.

What a user gets wrong ends in one line and exit code 2, never in a traceback.
"""

import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from rotation.errors import ArgumentError, DataError, RotationError

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    import typer

    from rotation.data.bars import Bars
    from rotation.data.file_format import FileFormat
    from rotation.terms import Actions

__all__ = ["main"]

_SAID = r"""\b({})=('[^']*'|"[^"]*")"""  # a way out that an error names
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
        ledger = os.environ[LEDGER_VARIABLE] or "this run alone"
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
        actions_format: Annotated[
            list[str] | None,
            typer.Option(
                help='What that file is, as "dates=%d/%m/%Y" or "ticker=sym"; may come again.',
                metavar="NAME=VALUE",
            ),
        ] = None,
        calendar: Annotated[
            str | None, typer.Option(help="Exchange, as XNYS, XHKG or XSHG.", metavar="NAME")
        ] = None,
        as_json: Annotated[
            bool, typer.Option("--json", help="Print JSON instead of the list.")
        ] = False,
        layout: Annotated[
            str | None,
            typer.Option(
                help="wide, long, single or double; guessed, as all below, of the prices alone.",
                metavar="KIND",
            ),
        ] = None,
        date: Annotated[
            str | None, typer.Option(help="Header of the dates.", metavar="HEADER")
        ] = None,
        ticker: Annotated[
            str | None, typer.Option(help="Header of the tickers.", metavar="HEADER")
        ] = None,
        price: Annotated[
            str | None, typer.Option(help="Header of the closes.", metavar="HEADER")
        ] = None,
        name: Annotated[
            str | None, typer.Option(help="Ticker of a file of one.", metavar="TICKER")
        ] = None,
        dates: Annotated[
            str | None, typer.Option(help='As "%d/%m/%Y", or "as written".', metavar="FORM")
        ] = None,
        zone: Annotated[
            str | None, typer.Option(help="Of the exchange, as Asia/Hong_Kong.", metavar="ZONE")
        ] = None,
        decimal: Annotated[str | None, typer.Option(help="Decimal sign.", metavar="SIGN")] = None,
        thousands: Annotated[
            str | None, typer.Option(help="Sign between thousands.", metavar="SIGN")
        ] = None,
        delimiter: Annotated[
            str | None, typer.Option(help="Between cells.", metavar="SIGN")
        ] = None,
        encoding: Annotated[
            str | None, typer.Option(help="Of the text, as latin-1.", metavar="NAME")
        ] = None,
    ) -> int:
        """Look for what is wrong with a file of prices; exit code 1 if there are errors.

        Example: rotation check prices.csv --calendar XNYS
        """
        from rotation.data.file_format import FileFormat
        from rotation.data.quality import check_prices

        how = FileFormat(
            layout=layout,  # type: ignore[arg-type]  # it looks itself
            date=date,
            ticker=ticker,
            price=price,
            name=name,
            dates=dates,
            zone=zone,
            decimal=decimal,
            thousands=thousands,
            delimiter=delimiter,
            encoding=encoding,
        )
        if actions is None and actions_format:
            raise ArgumentError("--actions-format: want the file that it is of, as --actions FILE")
        given = None if actions is None else _read_actions(actions, actions_format or [])
        found = check_prices(_read_file(file, how), given, calendar)
        print(found.to_json() if as_json else found)
        return 0 if found.ok else 1

    return app


def _read_file(path: Path, how: "FileFormat") -> "pd.DataFrame | Bars":
    """Closes of a file with a column for each ticker, bars of any other."""
    from rotation.data.files import inspect, read_bars, read_closes

    try:
        wide = inspect(path, how).how.layout == "wide"
        return read_closes(path, how) if wide else read_bars(path, how)
    except DataError as error:
        raise DataError(_to_options(str(error))) from error


def _read_actions(path: Path, said: list[str]) -> "Actions":
    """Dividends and splits of a file of which something is said, each as ``name=value``."""
    from rotation.data.action_files import KNOWN, read_actions
    from rotation.data.file_format import FileFormat

    known: dict[str, Any] = {}
    for each in said:
        name, sign, value = each.partition("=")
        if name not in KNOWN or not sign:
            raise ArgumentError(
                f"--actions-format: want NAME=VALUE, a name of {', '.join(KNOWN)}; got {each!r}"
            )
        known[name] = value
    try:
        how = FileFormat(**known)
    except ArgumentError as error:
        raise ArgumentError(f"--actions-format {error}") from error
    try:
        return read_actions(path, how)
    except DataError as error:
        told = re.sub(_SAID.format("|".join(KNOWN)), _option("--actions-format {}="), str(error))
        raise DataError(told) from error


def _to_options(message: str) -> str:
    """The ways out that an error names, as a shell wants them."""
    from rotation.data.file_format import FileFormat

    names = "|".join(FileFormat.__dataclass_fields__)
    return re.sub(_SAID.format(names), _option("--{} "), message)


def _option(written: str) -> "Callable[[re.Match[str]], str]":
    """How an option is written on a shell, by its name, for one that a message says."""

    def option(said: re.Match[str]) -> str:
        escaped = "$" if "\\" in said[2] else ""  # a tab, or a blank of another kind
        return f"{written.format(said[1])}{escaped}{said[2]}"

    return option
