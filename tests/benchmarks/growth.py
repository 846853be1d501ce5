"""How time and memory grow with the area: an eighth, a quarter, half and all of as many cells as the world's land has.

    python tests/benchmarks/growth.py --out out/growth          # twenty minutes on two cores, and 40 GB of disk
    python tests/benchmarks/growth.py --shares 0.125 --keep out/growth-data

The area is open ocean, cut into invented districts of 2.5 degrees; all inputs are generated, and nothing is published
beyond a folder that goes at the end. Each share is built in a process of its own, from nothing.
"""

import argparse
import csv
import json
import math
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import rasterio
import shapely

ROOT = Path(__file__).parents[2]
SHARES = (0.125, 0.25, 0.5, 1.0)
STEP = 2.5
OCEANS = {
    "S": (-180.0, -66.0, 180.0, -40.0),
    "P": (-172.0, -40.0, -86.0, 20.0),
    "A": (-32.0, -40.0, 4.0, 0.0),
    "N": (-180.0, 20.0, -130.0, 45.0),
    "I": (65.0, -37.5, 100.0, -20.0),
}
LANDS = ((-78.0, -58.0, -50.0, -40.0), (140.0, -53.0, 180.0, -40.0), (-162.0, 17.0, -152.0, 24.0))
"""Boxes without districts: the land in the south of those oceans, and some islands."""

MONTHS = [date(2022 + k // 12, 1 + k % 12, 1) for k in range(37)]
INDICES = (
    "access_severity",
    "camp_management_gap",
    "children_share",
    "control_of_corruption",
    "corruption_perceptions",
    "food_insecure_share",
    "informal_sites",
    "out_of_school_share",
    "policy_3p",
    "poverty_rate",
    "price_anomaly",
    "relative_wealth",
    "rule_of_law",
    "separated_children",
    "tip_tier",
    "travel_time_police",
    "travel_time_services",
    "travel_time_town",
    "unregistered_share",
    "women_share",
)
EVENTS = 3
"""Events of a district and month."""


def districts(share: float) -> list[tuple[str, shapely.Geometry]]:
    """Code and box of the districts of a share of the whole, the same first ones in every share."""
    found = []
    for ocean, (west, south, east, north) in OCEANS.items():
        for column in range(int((east - west) // STEP)):
            for row in range(int((north - south) // STEP)):
                box = shapely.box(*(np.array([west, south] * 2) + STEP * np.array([column, row, column + 1, row + 1])))
                if not any(box.intersects(shapely.box(*land)) for land in LANDS):
                    found.append((f"{ocean}{column // 4:02}{column % 4}{row:02}", box))
    return found[: math.ceil(len(found) * share)]


def write_inputs(folder: Path, share: float) -> None:
    """The case of a share and its files."""
    units = districts(share)
    _write_boundaries(folder, units)
    _write_people(folder)
    _write_events(folder, units)
    _write_indices(folder, units)
    measures = "\n".join(
        f'{name} = {{ column = "{name}", unit = "%", kind = "index", spread = "intensive", theme = "vulnerability" }}'
        for name in INDICES
    )
    (folder / "case.toml").write_text(CASE.replace("MEASURES", measures))


def _write_boundaries(folder: Path, units: list[tuple[str, shapely.Geometry]]) -> None:
    regions: dict[str, list[shapely.Geometry]] = {}
    for code, box in units:
        regions.setdefault(code[:3], []).append(box)
    by_level = {1: [(code, shapely.union_all(boxes)) for code, boxes in regions.items()], 2: units}
    for level, areas in by_level.items():
        features = [
            {
                "type": "Feature",
                "properties": {"code": code, "name": f"District {code}", "above": code[:3]},
                "geometry": json.loads(shapely.to_geojson(shape)),
            }
            for code, shape in areas
        ]
        (folder / f"adm{level}.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))


def _write_people(folder: Path) -> None:
    rows, columns = 4 * 120, 4 * 360
    people = np.random.default_rng(1).gamma(0.3, 9000, (rows, columns)).astype(np.float32)
    shape = {"width": columns, "height": rows, "count": 1, "dtype": "float32", "crs": "EPSG:4326"}
    where = rasterio.transform.from_origin(-180, 60, 0.25, 0.25)
    with rasterio.open(folder / "people.tif", "w", driver="GTiff", tiled=True, transform=where, **shape) as file:
        file.write(people, 1)


def _write_events(folder: Path, units: list[tuple[str, shapely.Geometry]]) -> None:
    with (ROOT / "data" / "sample" / "acled.csv").open(newline="") as stream:
        kinds = [row for row, _ in zip(csv.DictReader(stream), range(200), strict=False)]
    chance = np.random.default_rng(2)
    with (folder / "acled.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, kinds[0].keys())
        writer.writeheader()
        for number, (_, box) in enumerate(units):
            west, south, east, north = box.bounds
            for month, first in enumerate(MONTHS[:-1]):
                for k in range(EVENTS):
                    row = dict(kinds[(number + month + k) % len(kinds)])
                    row["event_id_cnty"] = f"XOC{(number * len(MONTHS) + month) * EVENTS + k}"
                    row["event_date"] = first.replace(day=1 + int(chance.integers(28))).isoformat()
                    lon, lat = chance.uniform(west, east), chance.uniform(south, north)
                    if row["geo_precision"] == "3":
                        # What is known for a region alone stands on one point of it, as such events do.
                        lon, lat = (west + east) / 2, (south + north) / 2
                    row["longitude"], row["latitude"] = f"{lon:.4f}", f"{lat:.4f}"
                    writer.writerow(row)


def _write_indices(folder: Path, units: list[tuple[str, shapely.Geometry]]) -> None:
    chance = np.random.default_rng(3)
    with (folder / "indices.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["code", "start", "end", *INDICES])
        for code, _ in units:
            for first, after in pairwise(MONTHS):
                values = chance.uniform(0, 50, len(INDICES)).round(2)
                writer.writerow([code, first.isoformat(), after.isoformat(), *values.tolist()])


CASE = """
title = "As many cells as land has, in the open ocean (invented)"
synthetic = true
resolution = 5
recipe = "trafficking"
pcode_level = 2

[area]
iso3 = "XOC"

[[area.boundaries]]
level = 1
path = "adm1.geojson"
[area.boundaries.options]
pcode = "code"
name = "name"

[[area.boundaries]]
level = 2
path = "adm2.geojson"
[area.boundaries.options]
pcode = "code"
name = "name"
parent = "above"

[periods]
start = "2023-01"
end = "2024-12"
step = "month"

[[inputs]]
source = "worldpop"
path = "people.tif"
timeless = true
[inputs.options]
quantity = "count"
year = 2024

[[inputs]]
source = "acled"
path = "acled.csv"
observed = [2022-01-01, 2024-12-31]
[inputs.options]
date_format = "%Y-%m-%d"

[[inputs]]
source = "tables"
path = "indices.csv"
[inputs.options]
pcode = "code"
level = 2
start = "start"
end = "end"
licence = "Apache-2.0"
attribution = "Synthetic data"
[inputs.options.measures]
MEASURES
"""


def build(folder: Path) -> dict[str, float]:
    """Builds what lies in a folder, in this process; what it took."""
    import riskmap

    start = time.perf_counter()
    snapshot = riskmap.build(riskmap.load_case(folder / "case.toml"), folder, folder / "store")
    seconds = time.perf_counter() - start
    columns = snapshot.table("indicators").column_names
    return {
        "cells": len(snapshot.cells),
        "periods": len(snapshot.periods),
        "indicators": sum(name.endswith(".feed") for name in columns),
        "seconds": round(seconds, 1),
        "peak_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 3),
        "store_gb": round(_bytes(folder / "store") / 1e9, 2),
        "snapshot_gb": round(_bytes(snapshot.folder) / 1e9, 2),
    }


def _bytes(folder: Path) -> int:
    """Bytes on the disk below a folder, a file that has several names once."""
    seen = {(one.st_dev, one.st_ino): one.st_size for path in folder.rglob("*") for one in [path.stat()]}
    return sum(seen.values())


def measured(share: float, keep: Path | None) -> dict[str, float]:
    """One share, built in a process of its own."""
    folder = keep or Path(tempfile.mkdtemp(prefix="growth-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        write_inputs(folder, share)
        ran = subprocess.run(
            [sys.executable, __file__, "--build", str(folder)], capture_output=True, text=True, check=False
        )
        if ran.returncode:
            raise SystemExit(ran.stderr)
        return {"share": share, **json.loads(ran.stdout)}
    finally:
        if keep is None:
            shutil.rmtree(folder)


def exponent(rows: list[dict[str, float]], what: str) -> float:
    """Slope of the logarithm of something over that of the cells."""
    return float(np.polyfit(np.log([row["cells"] for row in rows]), np.log([row[what] for row in rows]), 1)[0])


def chart(rows: list[dict[str, float]], path: Path) -> None:
    """Time and peak memory over cells, both axes logarithmic, as SVG."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "riskmap"
    from matplotlib import pyplot as plt

    cells = [row["cells"] for row in rows]
    figure, sides = plt.subplots(1, 2, figsize=(9, 3.6))
    for side, what, label in zip(sides, ("seconds", "peak_gib"), ("seconds", "peak memory, GiB"), strict=True):
        values = [row[what] for row in rows]
        side.loglog(cells, values, "o-", color="#31508c", label=f"exponent {exponent(rows, what):.2f}")
        side.loglog(cells, [values[0] * one / cells[0] for one in cells], ":", color="#888888", label="linear")
        side.set(xlabel="cells (resolution 5), 24 months", ylabel=label)
        side.minorticks_off()
        side.set_xticks(cells, [f"{one / 1000:.0f}k" for one in cells])
        side.legend(frameon=False)
        side.grid(alpha=0.25)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Measures the shares, prints a table and draws the chart."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shares", default=",".join(map(str, SHARES)))
    parser.add_argument("--keep", type=Path, default=None, help="leave inputs and store of the last share here")
    parser.add_argument("--out", type=Path, default=None, help="write OUT.json and OUT.svg")
    parser.add_argument("--build", type=Path, default=None, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.build is not None:
        sys.stdout.write(json.dumps(build(options.build)))
        return
    rows = []
    for share in map(float, options.shares.split(",")):
        rows.append(measured(share, options.keep))
        sys.stdout.write(f"{rows[-1]}\n")
        sys.stdout.flush()
    if len(rows) > 1:
        sys.stdout.write(f"exponents: time {exponent(rows, 'seconds'):.2f}, memory {exponent(rows, 'peak_gib'):.2f}\n")
    if options.out is not None:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.with_suffix(".json").write_text(json.dumps(rows, indent=1))
        chart(rows, options.out.with_suffix(".svg"))


if __name__ == "__main__":
    main()
