"""A flood extent of six pixels of one degree: one flooded, three seen dry, two that nobody could see."""

import numpy as np
from example import Example
from geotiff import geotiff

_PIXELS = np.array([[1, 0, 255], [0, 0, 255]], dtype=np.uint8)

EXAMPLE = Example(
    name="ENSEMBLE_FLOOD_20240901T003107_VV_AS020M_E027N015T3.tif",
    content=geotiff(_PIXELS, west=30.0, north=2.0, size=1.0, nodata=255),
    read=1,
    quarantined={},
    totals={"hazard_extent": 1.0},  # 1 for the flooded area and 0 for the one seen dry
    options={"expect_bbox": [29.0, -1.0, 35.0, 3.0]},
)
