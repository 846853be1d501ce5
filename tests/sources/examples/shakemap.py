"""ShakeMap grid of six nodes, 1 degree apart: three bands, the upper row weak; its columns in no usual order."""

from example import Example

_HEAD = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<shakemap_grid xmlns="http://earthquake.usgs.gov/eqcenter/shakemap" event_id="us9" shakemap_id="us9"
 shakemap_version="3" code_version="4.1" process_timestamp="2024-05-09T06:40:00Z" shakemap_originator="us"
 map_status="automatic" shakemap_event_type="ACTUAL">
<event event_id="us9" magnitude="6.1" depth="10.0" lat="1.5" lon="41.0" event_timestamp="2024-05-08T23:17:34UTC" />
<grid_specification lon_min="40" lat_min="1" lon_max="42" lat_max="2" nominal_lon_spacing="1"
 nominal_lat_spacing="1" nlon="3" nlat="2" />
<grid_field index="1" name="LON" units="dd" />
<grid_field index="2" name="LAT" units="dd" />
<grid_field index="3" name="PGA" units="%g" />
<grid_field index="4" name="MMI" units="intensity" />
<grid_data>
"""
_NODES = ("40 2 0.1 3.9\n", "41 2 0.3 4.2\n", "42 2 0.1 null\n", "40 1 3.0 6.1\n", "41 1 5.5 6.7\n", "42 1 3.1 6.2\n")
_TAIL = "</grid_data>\n</shakemap_grid>\n"

EXAMPLE = Example(
    name="grid.xml",
    content=(_HEAD + "".join(_NODES) + _TAIL).encode(),
    read=1,
    quarantined={},
    totals={"shaking_mmi": 4.25 + 6.25 + 6.75, "hazard_extent": 1.0},
    shuffled=(_HEAD + "".join(reversed(_NODES)) + _TAIL).encode(),
)
