"""Every age band of a country of two pixels, as one zip file; ten people in each band of both sexes, five women."""

import numpy as np
from example import Example
from pictures import picture, zipped

AGES = (0, 1, *range(5, 91, 5))


def bands(people: float = 10.0) -> dict[str, bytes]:
    """Rasters of both sexes and of each, by name."""
    shares = {"t": people, "f": people / 2, "m": people / 2}
    return {
        f"xmv_{sex}_{age:02d}_2024_CN_100m_R2025A_v1.tif": picture(np.array([[share, -99999]], np.float32))
        for sex, share in shares.items()
        for age in AGES
    }


EXAMPLE = Example(
    name="xmv_agesex_structures_2024_CN_100m_R2025A_v1.zip",
    content=zipped(bands()),
    read=12,  # five bands of children and seven of women
    quarantined={},
    totals={"children": 0.0, "women_15_49": 0.0},  # the people stand in the rasters, not in the records
)
