"""Shaking grids, from a grid of nine nodes that can be checked by hand."""

import gzip
import random

import numpy as np
import pytest
import shapely

from riskmap.errors import InputError
from riskmap.model.raw import Raw
from riskmap.sources.shakemap import ShakeMap

NODES = [
    (lon, lat, mmi)
    for lat, row in ((2, (3.9, 4.0, 4.4)), (1, (4.5, 6.0, 6.4)), (0, (3, 6.5, "nan")))
    for lon, mmi in zip((10, 11, 12), row, strict=True)
]


def grid(nodes=NODES, fields=("LON", "LAT", "MMI"), *, size=(3, 3), head="", event="", specification="") -> str:
    head = head or 'shakemap_version="4" map_status="REVIEWED" process_timestamp="2024-05-09T06:40:00Z"'
    event = event or '<event event_id="us1" event_timestamp="2024-05-08T23:17:34" />'
    order = [("LON", "LAT", "MMI").index(name) if name in ("LON", "LAT", "MMI") else None for name in fields]
    lines = "\n".join(" ".join("9.9" if place is None else str(node[place]) for place in order) for node in nodes)
    named = "".join(f'<grid_field index="{n}" name="{name}" units="" />' for n, name in enumerate(fields, 1))
    space = 'xmlns="http://earthquake.usgs.gov/eqcenter/shakemap"'
    return (
        f"<shakemap_grid {space} {head}>{event}"
        f'<grid_specification {specification or f"""nlon="{size[0]}" nlat="{size[1]}" """}/>{named}'
        f"<grid_data>{lines}</grid_data></shakemap_grid>"
    )


@pytest.fixture
def read(raw):
    return lambda content=None, **options: ShakeMap().read(raw(content or grid(), "grid.xml"), options)


def shapes(reading) -> dict[str, shapely.Geometry]:
    table = reading.layer.table
    return dict(zip(table["record_id"].to_pylist(), shapely.from_wkb(table["geometry"].to_pylist()), strict=True))


def test_bands_of_half_a_unit_bear_their_middle(read) -> None:
    records = {one["record_id"]: one for one in read().layer.of("shaking_mmi").table.to_pylist()}
    assert {name: one["value"] for name, one in records.items()} == {
        "us1/mmi 4.0": 4.25,
        "us1/mmi 4.5": 4.75,
        "us1/mmi 6.0": 6.25,
        "us1/mmi 6.5": 6.75,
    }
    assert (records["us1/mmi 6.0"]["low"], records["us1/mmi 6.0"]["high"], records["us1/mmi 6.0"]["unit"]) == (
        6,
        6.5,
        "MMI",
    )


def test_a_node_stands_for_the_pixel_around_it(read) -> None:
    found = shapes(read())
    assert found["us1/mmi 4.0"].equals(shapely.box(10.5, 1.5, 12.5, 2.5))
    assert found["us1/mmi 4.5"].equals(shapely.box(9.5, 0.5, 10.5, 1.5))
    assert found["us1/mmi 6.0"].equals(shapely.box(10.5, 0.5, 12.5, 1.5))


def test_damaging_shaking_is_one_hazard_for_thirty_days(read) -> None:
    reading = read()
    (record,) = reading.layer.of("hazard_extent").table.to_pylist()
    wanted = shapely.box(10.5, 0.5, 12.5, 1.5).union(shapely.box(10.5, -0.5, 11.5, 0.5))
    assert shapes(reading)["us1"].equals(wanted)
    assert (record["event_id"], record["version"], record["value"], record["kind"]) == ("us1", "0004", 1, "hazard")
    assert (f"{record['start']:%Y-%m-%d}", f"{record['end']:%Y-%m-%d}") == ("2024-05-08", "2024-06-07")
    assert (f"{record['published']:%Y-%m-%dT%H:%M}", record["preliminary"]) == ("2024-05-09T06:40", False)
    assert f"{read(active_days=1).layer.table['end'][0].as_py():%Y-%m-%d}" == "2024-05-09"


def test_a_node_without_intensity_is_unknown(read) -> None:
    reading = read(grid([*NODES[:8], (12, 0, "null")]))
    assert reading.notes == (
        "9 nodes, strongest MMI 6.5; 36,926 km2 with MMI 6 or more",
        "1 nodes without MMI are unknown",
    )
    assert (reading.read, reading.accepted) == (1, 1)


def test_fields_are_found_by_name(read) -> None:
    assert shapes(read(grid(fields=("PGA", "MMI", "LAT", "LON")))) == shapes(read())


def test_the_order_of_nodes_does_not_matter(read) -> None:
    shuffled = random.Random(7).sample(NODES, len(NODES))
    assert read(grid(shuffled)).layer == read().layer


def test_a_gzipped_grid_is_the_same(raw, read) -> None:
    assert ShakeMap().read(raw(gzip.compress(grid().encode()), "grid.xml.gz"), {}).layer == read().layer


def test_a_grid_across_the_antimeridian_is_cut_there(read) -> None:
    nodes = [(-179 if lon == 12 else lon + 169, lat, mmi) for lon, lat, mmi in NODES]
    strongest = shapes(read(grid(nodes)))["us1/mmi 6.0"]
    assert strongest.area == pytest.approx(2)
    assert strongest.bounds == (-180, 0.5, 180, 1.5)


def test_weak_shaking_gives_no_record_and_says_so(read) -> None:
    reading = read(grid([(lon, lat, 3.9) for lon, lat, _ in NODES]))
    assert (reading.read, reading.accepted, len(reading.layer)) == (1, 0, 0)
    assert reading.quarantined == {"nowhere MMI 4 or more": 1}
    nothing = read(grid([(lon, lat, "nan") for lon, lat, _ in NODES]))
    assert nothing.notes[0] == "9 nodes, no MMI known; 0 km2 with MMI 6 or more"


def test_shaking_that_damages_nothing_is_no_hazard(read) -> None:
    assert set(read(grid([(lon, lat, 5) for lon, lat, _ in NODES])).layer.table["measure"].to_pylist()) == {
        "shaking_mmi"
    }


def test_a_scenario_must_be_asked_for(read) -> None:
    scenario = grid(head='shakemap_version="4" shakemap_event_type="SCENARIO"')
    with pytest.raises(InputError, match="is a scenario, no earthquake that happened"):
        read(scenario)
    (record,) = read(scenario, scenario=True).layer.of("hazard_extent").table.to_pylist()
    assert (record["preliminary"], record["published"]) == (True, None)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (grid(NODES[:5]), r"cut short: its header says 3 x 3 = 9 nodes, its data hold 5"),
        (grid()[:-200], "not valid XML"),
        (grid(fields=("LON", "LAT", "PGA")), "no field MMI; found LON, LAT, PGA"),
        (grid([*NODES[:8], (12, 0, "much")]), "grid_data holds what is no number"),
        (grid([*NODES[:8], (19, 7, 5)]), "form no regular grid"),
        (grid(NODES[:3], size=(3, 1)), "form no regular grid"),
        (grid(specification='nlon="three" nlat="3"'), "'three' is no number of nodes"),
        (grid(specification='nlat="3"'), "<grid_specification> lacks the attribute nlon"),
        (grid(event='<event event_timestamp="2024-05-08T23:17:34" />'), "<event> lacks the attribute event_id"),
        (grid(event='<event event_id="us1" event_timestamp="yesterday" />'), "'yesterday' is no moment"),
        ("<rss/>", "no ShakeMap grid"),
    ],
)
def test_what_is_no_whole_grid_is_refused(read, content: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        read(content)


def test_half_a_gzip_file_is_refused(raw) -> None:
    with pytest.raises(InputError, match="not a whole gzip file"):
        ShakeMap().read(raw(gzip.compress(grid().encode())[:80], "grid.xml.gz"), {})


def test_options_are_checked(read) -> None:
    with pytest.raises(InputError, match="option active_days: Input should be greater than 0"):
        read(active_days=0)


def test_the_real_scenario_by_node_counts(read_real) -> None:
    """The area of each band is that of its nodes, counted straight from the file."""
    path = "global/disaster/usgs_shakemap_nyc_scenario_grid.xml"
    with pytest.raises(InputError, match="scenario"):
        read_real("shakemap", path)
    reading = read_real("shakemap", path, scenario=True)
    text = (read_real.__closure__[0].cell_contents / path).read_text()
    data = np.array(text.partition("<grid_data>")[2].partition("<")[0].split(), float).reshape(-1, 9)
    assert len(data) == 161 * 123
    pixel = 4.0 / 160 * 3.04 / 122
    strong = float((data[:, 4] >= 6).sum())
    assert shapes(reading)["NYC_M5.8_se"].area == pytest.approx(strong * pixel, rel=1e-3)


def test_the_real_truncated_grid_is_refused_with_both_counts(read_real) -> None:
    with pytest.raises(InputError, match="585 x 457 = 267345 nodes, its data hold 9"):
        read_real("shakemap", "global/disaster/usgs_shakemap_us6000jllz_grid_TRUNCATED.xml")


def test_the_sample_earthquake(sample_data) -> None:
    reading = ShakeMap().read(Raw(sample_data / "shakemap_grid.xml", "shakemap_grid.xml", ""), {})
    assert reading.layer.table["event_id"].unique().to_pylist() == ["xmv2025cvqz"]
    assert shapes(reading)["xmv2025cvqz"].contains(shapely.Point(-23.55, -27.76))
