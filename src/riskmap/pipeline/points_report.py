"""Points of any number as sums by cell and period, from a Parquet file to another."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq

from riskmap.errors import StoreError
from riskmap.grid.counting import join_sums, sum_points
from riskmap.model.period import Step
from riskmap.publish.sums import sums_table


def points_report(files: list[Path], out: Path, resolution: int, step: Step, *, as_json: bool) -> str:
    """Sums the points of some files, writes them, and tells what was taken and what was refused.

    Args:
        files: Parquet files with the columns `lon`, `lat`, `day` and `value`; streamed, never whole in memory.
        out: Parquet file to write.
        resolution: H3 resolution.
        step: Calendar step of the periods.
        as_json: Tell it in JSON.

    Raises:
        InputError: A file cannot be read, or lacks a column or has it in another type.
        PlacementError: The resolution is too fine.
        StoreError: `out` cannot be written.
    """
    sums = join_sums([sum_points(file, resolution, step) for file in files])
    try:
        pq.write_table(sums_table(sums), out, compression="zstd")
    except OSError as error:
        raise StoreError(f"{out} cannot be written: {error.strerror or error}") from error
    refused = {reason: count for reason, count in sums.refused.items() if count}
    told = {"points": int(sums.counts.sum()), "refused": refused, "rows": len(sums), "total": float(sums.sums.sum())}
    if as_json:
        return json.dumps({**told, "out": str(out)})
    lost = "".join(f"\n  refused: {count:,} ({reason})" for reason, count in refused.items())
    return f"{told['points']:,} points in {len(sums):,} cells and periods, total {told['total']:,.6g}: {out}{lost}"
