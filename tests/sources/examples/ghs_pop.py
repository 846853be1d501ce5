"""A tile of GHS-POP as downloaded: equal-area pixels of 100 m, inside a zip file, with the provider's nodata."""

import numpy as np
from example import Example
from pictures import MOLLWEIDE, picture, zipped
from rasterio.transform import from_origin

NAME = "GHS_POP_E2025_GLOBE_R2023A_54009_100_V1_0_R9_C20"

EXAMPLE = Example(
    name=f"{NAME}.zip",
    content=zipped(
        {
            f"{NAME}.tif": picture(
                np.array([[1.5, 2.25], [3.25, -200.0]]),
                crs=MOLLWEIDE,
                transform=from_origin(1_000_000, 300_000, 100, 100),
                nodata=-200,
            ),
            "GHSL_Data_Package_2023.pdf": b"%PDF",
        }
    ),
    read=1,
    quarantined={},
    totals={"population": 0.0},  # the people stand in the raster, not in the record
)
