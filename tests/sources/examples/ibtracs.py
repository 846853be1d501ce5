"""IBTrACS with its row of units: a storm with winds over the antimeridian, one without, and rows that are no fixes."""

from example import Example

_RADII = [f"USA_R{kt}_{quadrant}" for kt in (34, 50, 64) for quadrant in ("NE", "SE", "SW", "NW")]
_HEADER = (
    "SID,SEASON,NUMBER,BASIN,SUBBASIN,NAME,ISO_TIME,NATURE,LAT,LON,WMO_WIND,WMO_PRES,TRACK_TYPE,IFLAG,USA_LAT,USA_LON,"
    f"USA_WIND,{','.join(_RADII)}"
)
_UNITS = ",".join([" ", "Year", *[" "] * 6, "degrees_north", "degrees_east", "kts", "mb", *[" "] * 5, *["nmile"] * 12])


def _row(storm: str, time: str, lon: str, kind: str = "main", flag: str = "O", winds: str = "") -> str:
    """A position at 15 degrees south; radii of 34 kt in all quadrants where told."""
    radii = [winds] * 4 + [" "] * 8 if winds else [" "] * 12
    told = [storm, "2025", "7", "SP", "MM", "UNNAMED", time, "TS", "-15.0", lon, " ", " ", kind, f"{flag}_____________"]
    return ",".join([*told, "-15.0", lon, " ", *radii]) + "\n"


_ROWS = (
    _row("2025010S15178", "2025-01-10 00:00:00", "179.5", winds="60"),
    _row("2025010S15178", "2025-01-10 03:00:00", "180.0", flag="I", winds="60"),
    _row("2025010S15178", "2025-01-10 06:00:00", "180.5", winds="60"),
    _row("2025010S15178", "2025-01-10 06:00:00", "180.5", winds="60"),
    _row("2025011S15160", "2025-01-11 00:00:00", "160.0", kind="PROVISIONAL"),
    _row("2025011S15160", "2025-01-11 06:00:00", "161.0", kind="spur"),
)
_TOP = f"{_HEADER}\n{_UNITS}\n"

EXAMPLE = Example(
    name="ibtracs.last3years.list.v04r01.csv",
    content=(_TOP + "".join(_ROWS)).encode(),
    read=6,
    quarantined={
        "IFLAG: interpolated between two fixes": 1,
        "TRACK_TYPE: spur, a side track beside the main one": 1,
        "repeated position of a storm": 1,
    },
    totals={"cyclone_positions": 3.0, "hazard_extent": 1.0, "cyclone_wind_kt": 34.0},
    shuffled=(_TOP + "".join(reversed(_ROWS))).encode(),
)
