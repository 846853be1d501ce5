"""Markets: where prices were taken, by their point, or by the names of the units that they are in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.sources.columns import Days, Floats, Mask, Table, as_mask, points
from riskmap.sources.wfp_prices_series import Positions


@dataclass(frozen=True)
class Markets:
    """Where the markets of some prices are.

    Args:
        table: Rows of prices.
        names: Text for each market, shape (markets,).
        market: Number of each row's, shape (rows,).
        day: Of each row.
        lon: Degrees, NaN where not told.
        lat: Likewise.
        kept: Rows that are not refused.
    """

    table: Table
    names: pa.Array
    market: Positions
    day: Days
    lon: Floats
    lat: Floats
    kept: Mask

    def of(self, markets: Positions) -> dict[str, object]:
        """Columns of a layer for some markets: their point as told last, or the names of their district and region."""
        rows = np.flatnonzero(self.kept)
        told = ~np.isnan(self.lon[rows])
        rows = rows[np.lexsort((self.lat[rows], self.lon[rows], self.day[rows], told))]
        last = np.zeros(len(self.names), dtype=np.int64)
        last[self.market[rows]] = rows
        at = last[markets]
        point = ~np.isnan(self.lon[at])
        shapes = points(np.nan_to_num(self.lon[at]), np.nan_to_num(self.lat[at]))
        region, district = (self.table.text(name).take(pa.array(at)) for name in ("admin1", "admin2"))
        nothing, by_name = pa.scalar(None, pa.string()), pa.array(~point)
        fine = as_mask(pc.is_valid(district))
        level = pa.array(np.where(fine, 2, 1))
        return {
            "geometry": pc.if_else(pa.array(point), shapes, pa.scalar(None, pa.binary())),
            "place": pc.if_else(by_name, pc.coalesce(district, region), nothing),
            "place_parent": pc.if_else(pc.and_(by_name, pc.is_valid(district)), region, nothing),
            "pcode_level": pc.if_else(by_name, level, pa.scalar(None, pa.int64())),
            "geo_precision": pa.array(np.where(point, "near", np.where(fine, "adm2", "adm1"))),
        }
