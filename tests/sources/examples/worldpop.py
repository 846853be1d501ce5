"""WorldPop Global2 as the hub hands it out: four pixels, one of them outside the country."""

import numpy as np
from example import Example
from pictures import picture

EXAMPLE = Example(
    name="xmv_pop_2024_CN_100m_R2025A_v1.tif",
    content=picture(np.array([[1, 2], [3, -99999]], np.float32)),
    read=1,
    quarantined={},
    totals={"population": 0.0},  # the people stand in the raster, not in the record
)
