"""Files of shapes: what is mended is told, and what cannot be read is refused by name."""

import contextlib
import json
import sqlite3

import geopandas
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from riskmap.errors import InputError
from riskmap.model.raw import Raw
from riskmap.sources.vectors import areas_km2, is_areal, read_features, shape_of, valid, wrapped

SQUARE = [[[10, 0], [11, 0], [11, 1], [10, 1], [10, 0]]]
BOW_TIE = [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]


def collection(*geometries: object, **members: object) -> str:
    features = [{"type": "Feature", "properties": {"n": n}, "geometry": one} for n, one in enumerate(geometries, 1)]
    return json.dumps({"type": "FeatureCollection", "features": features} | members)


def polygon(coordinates: object) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": coordinates}


@pytest.fixture
def frame() -> geopandas.GeoDataFrame:
    """Two squares on the equator with a text, a number and a gap."""
    facts = {"name": ["Añora", None], "n": [1.0, np.nan], "whole": [7, 8]}
    return geopandas.GeoDataFrame(facts, geometry=[shapely.box(10, 0, 11, 1), shapely.box(12, 0, 13, 1)], crs=4326)


def as_raw(path) -> Raw:
    return Raw(path, path.name, "")


def test_geojson_is_in_lon_lat_unless_it_says_otherwise(raw) -> None:
    found = read_features(raw(collection(polygon(SQUARE)), "a.geojson"))
    assert found.shapes[0].equals(shapely.box(10, 0, 11, 1))
    assert found.table.text("n").to_pylist() == ["1"]
    assert found.table.notes == ()


def test_an_old_crs_member_is_honoured(raw) -> None:
    metres = polygon([[[0, 0], [111319.49, 0], [111319.49, 111325.14], [0, 0]]])
    named = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}
    found = read_features(raw(collection(metres, crs=named), "a.geojson"))
    assert found.shapes[0].bounds == pytest.approx((0, 0, 1, 1), abs=1e-6)


def test_a_type_that_contradicts_its_coordinates_is_read_by_coordinates_and_told(raw) -> None:
    typed_wrong = [polygon([SQUARE]), {"type": "MultiPolygon", "coordinates": SQUARE}]
    found = read_features(raw(collection(polygon(SQUARE), *typed_wrong), "a.geojson"))
    assert [shape.area for shape in found.shapes] == [1.0, 1.0, 1.0]
    assert found.table.notes == ("2 of 3 geometries hold other coordinates than their type says; read by coordinates",)


def test_a_feature_without_a_usable_shape_is_quarantined_by_reason(raw) -> None:
    unclosed = polygon([[[0, 0], [1, 0], [1, 1]]])
    empty = {"type": "Polygon", "coordinates": []}
    flat = polygon([[[0, 0], [1, 1], [2, 2], [0, 0]]])
    found = read_features(raw(collection(polygon(SQUARE), None, unclosed, empty, flat), "a.geojson"))
    assert found.flaws.tolist() == [
        "",
        "no geometry",
        "geometry that cannot be read",
        "no geometry",
        "geometry without area after repair",
    ]
    assert found.quarantine().kept.tolist() == [True, False, False, False, False]


def test_rings_that_cross_themselves_are_repaired_and_counted(raw) -> None:
    found = read_features(raw(collection(polygon(BOW_TIE), polygon(SQUARE)), "a.geojson"))
    assert shapely.is_valid(found.shapes).all()
    assert found.shapes[0].area == pytest.approx(2.0)
    assert found.table.notes == ("1 invalid shapes repaired",)


def test_a_single_feature_is_a_collection_of_one(raw) -> None:
    one = {"type": "Feature", "properties": None, "geometry": {"type": "Point", "coordinates": [1, 2, 30]}}
    found = read_features(raw(json.dumps(one), "a.geojson"))
    assert found.shapes[0].wkt == "POINT (1 2)"


def test_a_collection_of_geometries_is_no_polygon(raw) -> None:
    nested = {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [0, 0]}]}
    assert not is_areal(read_features(raw(collection(nested), "a.geojson")).shapes).any()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('{"type": "FeatureCollection", "features": []}', "list of records is empty"),
        ('{"type": "FeatureCollection", "features": [3]}', "a GeoJSON feature is needed"),
        ('{"DataList": []}', "nothing at 'features'"),
        ("nothing", "cannot be read as a file of shapes"),
        (collection(polygon(SQUARE), crs={"properties": {"name": "EPSG:none"}}), "no coordinate system"),
    ],
)
def test_what_is_no_file_of_shapes_is_refused(raw, content: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        read_features(raw(content, "a.geojson"))


@pytest.mark.parametrize("name", ["a.gpkg", "a.fgb", "a.shp", "a.parquet"])
def test_every_format_gives_the_same_shapes_and_texts(frame, tmp_path, name: str) -> None:
    if name.endswith("parquet"):
        frame.to_parquet(tmp_path / name)
    else:
        frame.to_file(tmp_path / name)
    found = read_features(as_raw(tmp_path / name))
    order = np.argsort([shape.bounds[0] for shape in found.shapes])
    assert found.shapes[order][0].equals(shapely.box(10, 0, 11, 1))
    assert found.table.text("name").to_pylist()[order[0]] == "Añora"
    assert found.table.text("n").to_pylist()[order[1]] is None
    assert found.table.text("whole").to_pylist()[order[1]] == "8"


def test_moments_are_read_as_iso_text(frame, tmp_path) -> None:
    frame["day"] = np.array(["2024-01-31", "NaT"], "datetime64[ms]")
    frame.to_file(tmp_path / "a.gpkg")
    assert read_features(as_raw(tmp_path / "a.gpkg")).table.text("day").to_pylist() == ["2024-01-31", None]


def test_metres_are_brought_to_degrees(frame, tmp_path) -> None:
    frame.to_crs(32638).to_file(tmp_path / "a.gpkg")
    found = read_features(as_raw(tmp_path / "a.gpkg"))
    assert found.shapes[0].bounds == pytest.approx((10, 0, 11, 1), abs=1e-4)


def test_plain_parquet_needs_wkb_and_the_option_crs(frame, tmp_path, raw) -> None:
    frame.to_wkb().to_parquet(tmp_path / "plain.parquet")
    with pytest.raises(InputError, match="give the option crs"):
        read_features(as_raw(tmp_path / "plain.parquet"))
    assert len(read_features(as_raw(tmp_path / "plain.parquet"), crs="EPSG:4326")) == 2
    frame.drop(columns="geometry").to_parquet(tmp_path / "table.parquet")
    with pytest.raises(InputError, match="no column 'geometry'"):
        read_features(as_raw(tmp_path / "table.parquet"))
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        read_features(raw("nothing", "broken.parquet"))


def test_broken_wkb_is_quarantined(tmp_path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    wkb = [shapely.to_wkb(shapely.box(0, 0, 1, 1)), b"nothing", None]
    pq.write_table(pa.table({"geometry": pa.array(wkb, pa.binary())}), tmp_path / "a.parquet")
    found = read_features(as_raw(tmp_path / "a.parquet"), crs="EPSG:4326")
    assert found.flaws.tolist() == ["", "geometry that cannot be read", "no geometry"]


def test_a_shape_with_a_coordinate_that_is_no_number_cannot_be_read(tmp_path) -> None:
    shapes = [shapely.Point(1, 2), shapely.Point(float("nan"), 2), shapely.LineString([(0, 0), (1, float("inf"))])]
    frame = geopandas.GeoDataFrame({"name": list("abc")}, geometry=shapes, crs="EPSG:4326")
    for name in ("a.parquet", "a.gpkg"):
        frame.to_parquet(tmp_path / name) if name == "a.parquet" else frame.to_file(tmp_path / name)
        found = read_features(as_raw(tmp_path / name))
        assert found.flaws.tolist() == ["", "geometry that cannot be read", "geometry that cannot be read"]


@pytest.mark.parametrize("suffix", ["fgb", "gpkg", "shp"])
def test_a_file_torn_anywhere_is_refused_or_read_in_part(frame, tmp_path, suffix) -> None:
    frame.to_file(tmp_path / f"whole.{suffix}")
    content = (tmp_path / f"whole.{suffix}").read_bytes()
    for part in (
        content[: len(content) // 3],
        content[: len(content) - 9],
        content[:150] + b"\xff" * 40 + content[190:],
    ):
        (tmp_path / f"whole.{suffix}").write_bytes(part)
        with contextlib.suppress(InputError):
            assert len(read_features(as_raw(tmp_path / f"whole.{suffix}"))) <= len(frame)


def test_a_parquet_whose_own_description_is_damaged_is_refused(frame, tmp_path) -> None:
    frame.to_parquet(tmp_path / "a.parquet")
    (tmp_path / "a.parquet").write_bytes((tmp_path / "a.parquet").read_bytes().replace(b"numpy_type", b"numpy_tipe"))
    with contextlib.suppress(InputError):
        assert len(read_features(as_raw(tmp_path / "a.parquet"))) == len(frame)


def test_a_table_without_shapes_is_refused(tmp_path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="holds no shapes"):
        read_features(as_raw(tmp_path / "a.csv"))


def test_a_system_of_another_world_is_refused(raw) -> None:
    moon = collection(polygon([[[0, 0], [1, 0], [1, 1], [0, 0]]]), crs={"properties": {"name": "IAU_2015:30100"}})
    with pytest.raises(InputError, match="is no system of the Earth; give the right one as option crs"):
        read_features(raw(moon, "moon.geojson"))


def test_a_file_without_coordinate_system_is_read_in_the_one_told(frame, tmp_path) -> None:
    frame.to_file(tmp_path / "a.shp")
    (tmp_path / "a.prj").unlink()
    with pytest.raises(InputError, match="names no coordinate system; give the option crs"):
        read_features(as_raw(tmp_path / "a.shp"))
    assert len(read_features(as_raw(tmp_path / "a.shp"), crs="EPSG:4326")) == 2
    with pytest.raises(InputError, match="no coordinate system: 'nowhere'"):
        read_features(as_raw(tmp_path / "a.shp"), crs="nowhere")


def test_a_wrong_coordinate_system_is_replaced_and_told(frame, tmp_path) -> None:
    frame.to_crs(32638).set_crs(32637, allow_override=True).to_file(tmp_path / "a.gpkg")
    found = read_features(as_raw(tmp_path / "a.gpkg"), crs="EPSG:32638")
    assert found.shapes[0].bounds == pytest.approx((10, 0, 11, 1), abs=1e-4)
    assert found.table.notes == ("read in EPSG:32638 as told, though the file says WGS 84 / UTM zone 37N",)


def test_coordinates_that_are_no_degrees_are_refused(raw) -> None:
    metres = polygon([[[500000, 4000000], [500100, 4000000], [500100, 4000100], [500000, 4000000]]])
    with pytest.raises(InputError, match="no longitudes and latitudes"):
        read_features(raw(collection(metres), "a.geojson"))
    with pytest.raises(InputError, match="outside the reach of"):
        read_features(
            raw(collection(polygon([[[1e9, 1e9], [2e9, 1e9], [2e9, 2e9], [1e9, 1e9]]])), "b.geojson"), "EPSG:3035"
        )


def test_one_layer_of_several_must_be_named(frame, tmp_path) -> None:
    for layer in ("floods", "camps"):
        frame.to_file(tmp_path / "a.gpkg", layer=layer)
    with pytest.raises(InputError, match="several layers: 'floods', 'camps'; give the option layer"):
        read_features(as_raw(tmp_path / "a.gpkg"))
    assert len(read_features(as_raw(tmp_path / "a.gpkg"), layer="camps")) == 2
    with pytest.raises(InputError, match="cannot be read as a file of shapes"):
        read_features(as_raw(tmp_path / "a.gpkg"), layer="roads")


@pytest.mark.parametrize("suffix", [".dbf", ".shx"])
def test_a_shapefile_without_a_companion_is_refused(frame, tmp_path, suffix: str) -> None:
    frame.to_file(tmp_path / "a.shp")
    (tmp_path / f"a{suffix}").unlink()
    with pytest.raises(InputError, match=f"companion a{suffix}"):
        read_features(as_raw(tmp_path / "a.shp"))


def test_shapes_without_attributes_are_still_shapes(tmp_path) -> None:
    geopandas.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], crs=4326).to_file(tmp_path / "a.fgb")
    found = read_features(as_raw(tmp_path / "a.fgb"))
    assert len(found) == 1
    assert found.quarantine().kept.tolist() == [True]


def test_swapped_axes_are_recognised_by_the_expected_box(raw) -> None:
    swapped = collection(polygon([[[14, -4], [15, -4], [15, -3], [14, -4]]]))
    with pytest.raises(InputError, match="longitude and latitude are swapped"):
        read_features(raw(swapped, "a.geojson"), expect_bbox=(-12.3, 10, 4.3, 25))
    elsewhere = read_features(raw(swapped, "a.geojson"), expect_bbox=(100, 10, 110, 25))
    assert elsewhere.table.notes == ("none of its 1 shapes lies in the expected box (100, 10, 110, 25)",)
    assert read_features(raw(swapped, "a.geojson"), expect_bbox=(14, -4, 15, -3)).table.notes == ()


def test_shapes_beyond_the_antimeridian_are_cut_and_told(raw) -> None:
    found = read_features(raw(collection(polygon([[[179, 0], [181, 0], [181, 1], [179, 1], [179, 0]]])), "a.geojson"))
    assert found.shapes[0].bounds == (-180, 0, 180, 1)
    assert found.shapes[0].area == pytest.approx(2.0)
    assert found.table.notes == ("1 shapes moved or cut at the antimeridian",)


def test_a_shape_whose_coordinates_go_deeper_than_any_type_cannot_be_read() -> None:
    assert shape_of({"type": "Polygon", "coordinates": [[[[[0, 0]]]]]})[1] == "geometry that cannot be read"


def test_areas_are_geodesic() -> None:
    # A one-degree square at the equator on WGS84, as GeographicLib gives it.
    shapes = np.array([shapely.box(0, 0, 1, 1), shapely.box(0, 0, 1, 1).reverse(), None, shapely.Point(0, 0)], object)
    assert areas_km2(shapes) == pytest.approx([12308.78, 12308.78, 0, 0], abs=0.01)
    ring = shapely.box(0, 0, 1, 1) - shapely.box(0.25, 0.25, 0.75, 0.75)
    assert areas_km2(np.array([ring]))[0] == pytest.approx(12308.78 * 3 / 4, rel=1e-4)


@given(st.floats(-539, 539), st.floats(0.1, 300), st.floats(-80, 70))
def test_wrapping_conserves_area_and_stays_in_the_world(west: float, width: float, south: float) -> None:
    box = shapely.box(west, south, min(west + width, 540.0), south + 10)
    once = wrapped(box)
    assert once.bounds[0] >= -180
    assert once.bounds[2] <= 180
    assert once.area == pytest.approx(box.area, rel=1e-6)
    assert wrapped(once).equals(once)


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=4, max_size=8))
def test_repair_gives_valid_shapes_and_needs_no_second_one(places: list[tuple[int, int]]) -> None:
    mended, _ = valid(np.array([shapely.Polygon(places), None], dtype=object))
    assert shapely.is_valid(mended[0])
    assert valid(mended)[1] == 0


@pytest.mark.parametrize(("name", "retyped", "features"), [("SOM", 58, 74), ("TCD", 69, 70)])
def test_real_boundaries_typed_wrongly_lose_nothing(real_data, name: str, retyped: int, features: int) -> None:
    found = read_features(Raw(real_data / f"ugly/cod_ab_{name}_adm2_ibf.geojson", name, ""))
    assert found.table.notes[0].startswith(f"{retyped} of {features} geometries")
    assert (found.flaws == "").all()
    country_km2 = {"SOM": 637_657, "TCD": 1_284_000}[name]
    assert areas_km2(found.shapes).sum() == pytest.approx(country_km2, rel=0.02)


def test_real_shapefile_in_metres(real_data) -> None:
    found = read_features(Raw(real_data / "somalia/som_flood_deyr_2023_dissolved.shp", "deyr", ""))
    assert areas_km2(found.shapes).sum() == pytest.approx(121_883, rel=0.001)
    assert 40 < found.shapes[0].bounds[0] < found.shapes[0].bounds[2] < 52


def test_real_shapefile_without_attributes_is_refused(real_data) -> None:
    with pytest.raises(InputError, match=r"companion cod_SYR_adm4_pplp_20210113.dbf \(attributes\) is missing"):
        read_features(Raw(real_data / "ugly/cod_SYR_adm4_pplp_20210113.shp", "syr", ""))


def test_real_roads_with_swapped_axes_are_refused(real_data) -> None:
    with pytest.raises(InputError, match="swapped"):
        read_features(
            Raw(real_data / "ugly/flee_mali2022_2024_routes.geojson", "mali", ""), expect_bbox=(-12.3, 10.1, 4.3, 25)
        )


def test_gdal_warnings_become_notes(frame, tmp_path) -> None:
    frame.to_file(tmp_path / "a.gpkg")
    with contextlib.closing(sqlite3.connect(tmp_path / "a.gpkg")) as database:
        database.execute("PRAGMA user_version = 99999")
        database.commit()
    found = read_features(as_raw(tmp_path / "a.gpkg"))
    assert len(found) == 2
    assert [note for note in found.table.notes if note.startswith("GDAL: ")]


def test_a_shape_that_crosses_itself_beyond_the_antimeridian_is_repaired_before_it_is_cut(raw) -> None:
    bow = [[170, 0], [200, 10], [200, 0], [170, 10], [190, 3], [170, 0]]
    found = read_features(
        raw(collection(polygon([bow]), polygon([[[170, 0], [190, 0], [190, 5], [170, 0]]])), "a.geojson")
    )
    assert found.flaws.tolist() == ["", ""]
    assert shapely.is_valid(found.shapes).all()
    assert np.abs(shapely.get_coordinates(found.shapes)[:, 0]).max() <= 180
    assert "1 invalid shapes repaired" in found.table.notes
    assert "2 shapes moved or cut at the antimeridian" in found.table.notes
