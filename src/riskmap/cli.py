"""The words a person types: `riskmap build`, `serve`, `export`, `snapshots`, `sources`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskmap.errors import CaseError, InputError, QueryError, RecipeError, RiskmapError

if TYPE_CHECKING:
    from riskmap.settings import Settings
    from riskmap.store.snapshot import Snapshot

app = typer.Typer(
    name="riskmap",
    help="Where conditions favour trafficking, on H3 cells, with reasons and limits. It never shows where it happens.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

EXIT_CODES: dict[type[RiskmapError], int] = {CaseError: 2, InputError: 2, RecipeError: 2, QueryError: 2}
"""What a person got wrong exits with 2; every other failure with 1."""

StoreOption = Annotated[Path | None, typer.Option("--store", help="Folder of snapshots [RISKMAP_STORE, else ./store].")]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


def main() -> None:
    """Runs the command line; a `RiskmapError` becomes one plain sentence and an exit code."""
    try:
        app()
    except RiskmapError as error:
        sys.stderr.write(f"riskmap: {error}\n")
        raise SystemExit(_exit_code(error)) from None


@app.command()
def build(
    case: Annotated[Path, typer.Argument(help="Case file (TOML).")],
    inputs: Annotated[Path, typer.Option(help="Folder that the case's paths are relative to.")],
    store: StoreOption = None,
    resolution: Annotated[int | None, typer.Option(help="H3 resolution in place of the case's own.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Build a case and publish it as a snapshot."""
    from riskmap.pipeline.build import build as run
    from riskmap.pipeline.build import load_case
    from riskmap.pipeline.report import build_report, spoken

    loaded = load_case(case, resolution)
    with spoken(quiet=as_json) as tell:
        snapshot = run(loaded, inputs, _settings(store).store, tell)
    _print(build_report(snapshot, as_json=as_json))


@app.command()
def serve(
    store: StoreOption = None,
    host: Annotated[str | None, typer.Option(help="Address to serve on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to serve on.")] = None,
) -> None:
    """Serve map, tiles and scores over HTTP."""
    from importlib.metadata import entry_points

    found = entry_points(group="riskmap.server")
    if not found:
        raise RiskmapError("no server is installed; install the riskmap distribution that carries riskmap_api")
    next(iter(found)).load()(_settings(store, host, port))


@app.command()
def export(
    out: Annotated[Path, typer.Option(help="File to write.")],
    fmt: Annotated[str, typer.Option("--format", help="gpkg, geoparquet or csv.")] = "gpkg",
    period: Annotated[list[str] | None, typer.Option(help="Period label, may be repeated; all where left out.")] = None,
    snapshot: Annotated[str, typer.Option(help="Snapshot id.")] = "latest",
    store: StoreOption = None,
) -> None:
    """Write a snapshot as a file for QGIS, Python or a spreadsheet."""
    from riskmap.publish.export import export_snapshot

    written = export_snapshot(_opened(store, snapshot), out, fmt, period)
    _print(f"wrote {written}")


@app.command()
def snapshots(store: StoreOption = None, as_json: JsonOption = False) -> None:
    """List what is published, newest first."""
    from riskmap.pipeline.report import list_report

    _print(list_report(_settings(store).store, as_json=as_json))


@app.command()
def sources(as_json: JsonOption = False) -> None:
    """List the providers that can be read."""
    from riskmap.pipeline.report import source_report

    _print(source_report(as_json=as_json))


def _print(text: str) -> None:
    sys.stdout.write(text.rstrip("\n") + "\n")


def _settings(store: Path | None = None, host: str | None = None, port: int | None = None) -> Settings:
    from riskmap.settings import Settings

    said = {"store": store, "host": host, "port": port}
    return Settings().model_copy(update={name: value for name, value in said.items() if value is not None})


def _opened(store: Path | None, snapshot: str) -> Snapshot:
    from riskmap.store.shelf import Shelf

    return Shelf(_settings(store).store).open(snapshot)


def _exit_code(error: RiskmapError) -> int:
    return next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), 1)
