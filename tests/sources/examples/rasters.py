"""A raster of an average: six pixels of one degree, two of them unknown in two ways."""

import numpy as np
from example import Example
from geotiff import geotiff

_PIXELS = np.array([[12.0, 12.0, -32000.0], [40.0, 0.0, -9999.0]], dtype=np.float32)

EXAMPLE = Example(
    name="drought_index.tif",
    content=geotiff(_PIXELS, west=30.0, north=2.0, size=1.0, nodata=-9999),
    read=1,
    quarantined={},
    totals={"drought_index": 0.0},  # the values stand in the raster, not in the record
    options={
        "measure": "drought_index",
        "unit": "index",
        "theme": "disaster",
        "kind": "index",
        "spread": "intensive",
        "start": "2024-09-01",
        "end": "2024-10-01",
        "scale": 0.5,
        "nodata": [-32000],
    },
)
