"""VIIRS as the area request gives it: one fire seen by two satellites, one row twice, and four that do not count."""

from example import Example

_HEADER = (
    "latitude,longitude,bright_ti4,scan,track,acq_date,acq_time,satellite,instrument,confidence,version,bright_ti5,frp,"
    "daynight\n"
)
_ROWS = (
    "10.12345,29.50111,331.5,0.41,0.61,2024-01-03,659,N,VIIRS,n,2.0NRT,290.1,4.31,D\n",
    "10.12345,29.50111,331.5,0.41,0.61,2024-01-03,659,N,VIIRS,n,2.0NRT,290.1,4.31,D\n",
    "10.12711,29.50555,335.2,0.39,0.36,2024-01-03,611,N20,VIIRS,h,2.0NRT,291.0,5.02,D\n",
    "10.12345,29.50111,330.0,0.41,0.61,2024-01-04,12,N,VIIRS,nominal,2.0NRT,290.1,2.11,N\n",
    "10.53000,29.90000,310.0,0.41,0.61,2024-01-03,659,N,VIIRS,l,2.0NRT,288.8,0.70,D\n",
    "10.53000,29.90000,345.0,0.41,0.61,2024-01-03,2461,N,VIIRS,h,2.0NRT,288.8,9.20,D\n",
    "10.53000,29.90000,345.0,0.41,0.61,2024-01-03,702,N,VIIRS,x,2.0NRT,288.8,9.20,D\n",
)

EXAMPLE = Example(
    name="fire_nrt_viirs.csv",
    content=(_HEADER + "".join(_ROWS)).encode(),
    read=7,
    quarantined={
        "repeated, or replaced by standard processing": 1,
        "confidence below nominal": 1,
        "acq_time: no hour and minute": 1,
        "confidence: neither l, n, h (VIIRS) nor 0 to 100 (MODIS)": 1,
    },
    totals={"fire_square_days": 2.0},  # both satellites saw one square on the 3rd, one of them again on the 4th
    shuffled=(_HEADER + "".join(reversed(_ROWS))).encode(),
)
