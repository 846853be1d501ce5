"""Sums of points by cell and period, as they leave."""

from __future__ import annotations

import pyarrow as pa

from riskmap.grid.cells import cell_text
from riskmap.grid.counting import PointSums


def sums_table(sums: PointSums) -> pa.Table:
    """Sums as a table: `cell` as clients write it, `period` (its first day), `value` and `points`."""
    return pa.table(
        {
            "cell": pa.array(cell_text(sums.cells)),
            "period": pa.array(sums.periods),
            "value": pa.array(sums.sums),
            "points": pa.array(sums.counts),
        }
    )
