"""The words a person types: `riskmap build`, `watch`, `fetch`, `inspect`, `replay`, `compare`, `explain` and so on."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskmap.errors import CaseError, CredentialsMissing, InputError, QueryError, RecipeError, RiskmapError

if TYPE_CHECKING:
    from riskmap.settings import Settings
    from riskmap.store.shelf import Shelf
    from riskmap.store.snapshot import Snapshot

app = typer.Typer(
    name="riskmap",
    help="Where conditions favour trafficking, on H3 cells, with reasons and limits. It never shows where it happens.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

recipes = typer.Typer(name="recipe", help="Look into recipes: what an index is made of.", no_args_is_help=True)
app.add_typer(recipes)

EXIT_CODES: dict[type[RiskmapError], int] = dict.fromkeys(
    (CaseError, CredentialsMissing, InputError, QueryError, RecipeError), 2
)
"""What a person got wrong exits with 2; every other failure with 1."""

_DAY = ["%Y-%m-%d"]

_STORE = "Folder of snapshots, or s3://bucket/prefix and the like [RISKMAP_STORE, else ./store]."
StoreOption = Annotated[str | None, typer.Option("--store", help=_STORE)]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


def main() -> None:
    """Runs the command line; a `RiskmapError` becomes one plain sentence and an exit code."""
    try:
        app()
    except RiskmapError as error:
        sys.stderr.write(f"riskmap: {error}\n")
        raise SystemExit(_exit_code(error)) from None


@app.command("build")
@dataclass(frozen=True)
class Build:
    """Build a case and publish it as a snapshot."""

    case: Annotated[Path, typer.Argument(help="Case file (TOML).")]
    inputs: Annotated[str, typer.Option(help="Folder, or s3://bucket/prefix, that the case's paths start from.")] = "."
    store: StoreOption = None
    resolution: Annotated[int | None, typer.Option(help="H3 resolution in place of the case's own.")] = None
    as_of: Annotated[datetime | None, typer.Option(formats=_DAY, help="Use only what was known then.")] = None
    workers: Annotated[int, typer.Option(min=1, help="Processes to merge in.")] = 1
    scheduler: Annotated[str | None, typer.Option(help="Dask scheduler to merge on, such as tcp://host:8786.")] = None
    as_json: JsonOption = False

    def __post_init__(self) -> None:
        """Does what the words say."""
        from riskmap.compute.engine import engine_of
        from riskmap.pipeline.build import Inputs, load_case
        from riskmap.pipeline.build import build as run
        from riskmap.pipeline.report import build_report, spoken
        from riskmap.store.remote import place_of

        case, settings = load_case(self.case, self.resolution), _settings(self.store)
        inputs = Inputs(place_of(self.inputs), settings.vault_folder, settings.cache)
        with spoken(quiet=self.as_json) as tell, engine_of(self.scheduler, self.workers) as engine:
            day = self.as_of.date() if self.as_of else None
            snapshot = run(case, inputs, settings.store, tell, as_of=day, engine=engine)
        _print(build_report(snapshot, as_json=self.as_json))


@app.command()
def watch(
    case: Annotated[Path, typer.Argument(help="Case file (TOML).")],
    inputs: Annotated[Path, typer.Option(help="Folder that the case's paths are relative to.")] = Path(),
    store: StoreOption = None,
    every: Annotated[float | None, typer.Option(min=1, help="Seconds between polls, not each feed's own.")] = None,
    once: Annotated[bool, typer.Option("--once", help="Poll once, build if there is news, and end.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Poll the feeds of a case, and publish anew whenever they tell something new."""
    from riskmap.pipeline.build import load_case
    from riskmap.pipeline.watch_report import watched_case

    fine = watched_case(load_case(case), inputs, _settings(store), every, once=once, as_json=as_json)
    raise typer.Exit(0 if fine else 1)


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
def points(
    files: Annotated[list[Path], typer.Argument(help="Parquet files with columns lon, lat, day and value.")],
    out: Annotated[Path, typer.Option(help="Parquet file to write.")],
    resolution: Annotated[int, typer.Option(help="H3 resolution.")] = 7,
    step: Annotated[str, typer.Option(help="day, week, month, quarter or year.")] = "month",
    as_json: JsonOption = False,
) -> None:
    """Sum points of any number by cell and period."""
    from riskmap.model.period import step_of
    from riskmap.pipeline.points_report import points_report

    _print(points_report(files, out, resolution, step_of(step), as_json=as_json))


@app.command()
def snapshots(store: StoreOption = None, as_json: JsonOption = False) -> None:
    """List what is published, newest first."""
    from riskmap.pipeline.report import list_report

    _print(list_report(_shelf(store), as_json=as_json))


@app.command()
def audit(
    snapshot: Annotated[str, typer.Argument(help="Snapshot: its id, latest, or a folder.")] = "latest",
    out: Annotated[Path, typer.Option(help="HTML page to write.")] = Path("audit.html"),
    rows: Annotated[int, typer.Option(help="Rows of the sensitivity design, a power of two.")] = 1024,
    cells: Annotated[int, typer.Option(min=2, help="Most cells ranked in it.")] = 300,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all that is drawn.")] = 0,
    store: StoreOption = None,
) -> None:
    """Write a model card with plots: what an index stands on, and how far it can be leaned on."""
    from riskmap.pipeline.compare_report import found_snapshot
    from riskmap.publish.audit import Audit, Effort
    from riskmap.publish.audit_page import write_audit

    found = Audit(found_snapshot(_shelf(store), snapshot), Effort(rows, cells, seed))
    _print(f"wrote {write_audit(found, out)}")


@app.command()
def compare(
    before: Annotated[str, typer.Argument(help="Snapshot to compare with: its id, latest, or a folder.")],
    after: Annotated[str, typer.Argument(help="Snapshot to compare: its id, latest, or a folder.")] = "latest",
    period: Annotated[str | None, typer.Option(help="Period label; the newest that both have if not said.")] = None,
    out: Annotated[Path | None, typer.Option(help="HTML page with a map to write.")] = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell which cells moved between two snapshots, how far, and by which input or recipe line."""
    from riskmap.pipeline.compare_report import compare_report, found_snapshot
    from riskmap.publish.compare import compare as run
    from riskmap.publish.delta_map import write_delta_map

    shelf = _shelf(store)
    found = run(found_snapshot(shelf, before), found_snapshot(shelf, after), period)
    if out:
        write_delta_map(found, out)
    _print(compare_report(found, as_json=as_json))


@app.command()
def explain(
    cell: Annotated[str, typer.Argument(help="H3 cell as text.")],
    period: Annotated[str | None, typer.Option(help="Period label; the last one if not said.")] = None,
    snapshot: Annotated[str, typer.Option(help="Snapshot: its id, latest, or a folder.")] = "latest",
    alike: Annotated[int, typer.Option(min=0, help="Cells to list as most like it.")] = 3,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell in numbers and plain words what a cell's score is made of, what moved it, and what it lacks."""
    from riskmap.pipeline.compare_report import found_snapshot
    from riskmap.pipeline.explain_report import explain_report
    from riskmap.publish.explain import explain as run

    told = run(found_snapshot(_shelf(store), snapshot), cell, period, alike)
    _print(explain_report(told, as_json=as_json))


@app.command()
def sources(store: StoreOption = None, as_json: JsonOption = False) -> None:
    """List the sources: what they give, how they are got, their terms, and the age of what was fetched."""
    from riskmap.pipeline.source_report import source_report

    _print(source_report(_settings(store), as_json=as_json))


@app.command("fetch")
@dataclass(frozen=True)
class Fetch:
    """Ask a source for an area and span, and keep what comes in the vault."""

    source: Annotated[str | None, typer.Argument(help="Source, as riskmap sources lists them.")] = None
    area: Annotated[str, typer.Option(help="Country code (ISO3); the whole world where left out.")] = ""
    start: Annotated[
        datetime | None, typer.Option("--from", formats=_DAY, help="First day; a year back if not said.")
    ] = None
    end: Annotated[datetime | None, typer.Option("--to", formats=_DAY, help="Last day; today if not said.")] = None
    option: Annotated[list[str] | None, typer.Option(help="NAME=VALUE that the source takes; may be repeated.")] = None
    live_check: Annotated[bool, typer.Option("--live-check", help="One small request to each provider.")] = False
    store: StoreOption = None
    as_json: JsonOption = False

    def __post_init__(self) -> None:
        """Does what the words say; a command of so many words is a value, since a function may not take as many."""
        from riskmap.pipeline.fetching import fetched_report, live_check_report

        settings = _settings(self.store)
        if self.live_check:
            names = [self.source] if self.source else None
            text, fine = live_check_report(names, settings, as_json=self.as_json)
            _print(text)
            raise typer.Exit(0 if fine else 1)
        span, words = (self.start, self.end), self.option or []
        _print(fetched_report(self.source, self.area, span, words, settings, as_json=self.as_json))


@app.command()
def inspect(
    files: Annotated[list[Path], typer.Argument(help="Files, or folders of them.")],
    source: Annotated[str | None, typer.Option(help="Read as this source, whatever the file looks like.")] = None,
    option: Annotated[list[str] | None, typer.Option(help="NAME=VALUE as a case would give; may be repeated.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Tell which source reads a file, what it gives, and what to beware of."""
    from riskmap.pipeline.inspect import inspect_file, inspected_files
    from riskmap.pipeline.options import parsed_options
    from riskmap.pipeline.source_report import inspect_report

    options = parsed_options(option or [])
    found = [inspect_file(path, root, options, source) for path, root in inspected_files(files)]
    _print(inspect_report(found, as_json=as_json))


@app.command()
def replay(
    source: Annotated[list[str] | None, typer.Argument(help="Sources; all that were fetched where left out.")] = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read everything in the vault again, and tell what gives something else than before."""
    from riskmap.pipeline.replay import replay as run
    from riskmap.pipeline.source_report import replay_report
    from riskmap.store.vault import Vault

    vault = Vault(_settings(store).vault_folder)
    read = ((name, one) for name in source or vault.sources for one in run(name, vault))
    _print(replay_report(read, as_json=as_json))


@recipes.command("show")
def show_recipe(
    name: Annotated[str, typer.Argument(help="Built-in recipe, or the path of a TOML file.")],
    as_json: JsonOption = False,
) -> None:
    """Show how an index is put together, and what share of it each part really carries."""
    from riskmap.pipeline.recipe_report import recipe_report

    _print(recipe_report(name, as_json=as_json))


@recipes.command("diff")
@dataclass(frozen=True)
class RecipeDiff:
    """List what moved between two recipes, and map how a snapshot's cells move with it."""

    before: Annotated[str, typer.Argument(help="Built-in recipe, or the path of a TOML file.")]
    after: Annotated[str, typer.Argument(help="The recipe to hold against it.")]
    snapshot: Annotated[str | None, typer.Option(help="Score it with both: its id, latest, or a folder.")] = None
    out: Annotated[Path | None, typer.Option(help="HTML page with a map to write.")] = None
    period: Annotated[str | None, typer.Option(help="Period label; the last one if not said.")] = None
    store: StoreOption = None
    as_json: JsonOption = False

    def __post_init__(self) -> None:
        """Does what the words say; a snapshot is opened only where something asks for one."""
        from riskmap.pipeline.compare_report import found_snapshot
        from riskmap.pipeline.recipe_report import difference_report
        from riskmap.publish.recipe_change import recipe_change
        from riskmap.publish.recipe_map import write_recipe_map
        from riskmap.score.difference import load_any

        one, other, change = load_any(self.before), load_any(self.after), None
        if self.snapshot or self.out or self.period:
            found = found_snapshot(_shelf(self.store), self.snapshot or "latest")
            change = recipe_change(found, one, other, self.period)
        text = difference_report(one, other, change, as_json=self.as_json)
        if self.out and change:
            write_recipe_map(change, self.out)
        _print(text)


def _print(text: str) -> None:
    sys.stdout.write(text.rstrip("\n") + "\n")


def _settings(store: str | None = None, host: str | None = None, port: int | None = None) -> Settings:
    from riskmap.settings import Settings
    from riskmap.store.remote import place_of

    said = {"store": None if store is None else place_of(store), "host": host, "port": port}
    return Settings().model_copy(update={name: value for name, value in said.items() if value is not None})


def _opened(store: str | None, snapshot: str) -> Snapshot:
    return _shelf(store).open(snapshot)


def _shelf(store: str | None) -> Shelf:
    from riskmap.store.shelf import Shelf

    settings = _settings(store)
    return Shelf(settings.store, settings.cache)


def _exit_code(error: RiskmapError) -> int:
    return next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), 1)
