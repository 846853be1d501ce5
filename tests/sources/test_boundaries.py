"""Administrative units, whoever published them."""

import io
import json
import zipfile

import pytest
import shapely
from examples.natural_earth import COUNTRIES, shapefile
from pictures import zipped

from riskmap.errors import InputError
from riskmap.model.area import Area
from riskmap.model.raw import Raw
from riskmap.sources.boundaries import levels_in, read_areas
from riskmap.sources.boundaries_checks import nesting_notes

SQUARE = {"type": "Polygon", "coordinates": [[[10, 0], [11, 0], [11, 1], [10, 1], [10, 0]]]}


def units(*properties: dict[str, object], geometry: object = SQUARE) -> str:
    features = [{"type": "Feature", "properties": one, "geometry": geometry} for one in properties]
    return json.dumps({"type": "FeatureCollection", "features": features})


def placed(*places: tuple[str, shapely.Geometry], level: int = 2) -> str:
    """Units by code and shape, in the newer layout."""
    features = [
        {
            "type": "Feature",
            "properties": {f"adm{level}_pcode": code, f"adm{level}_name": code, f"adm{level - 1}_pcode": code[:-2]},
            "geometry": json.loads(shapely.to_geojson(shape)),
        }
        for code, shape in places
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


@pytest.fixture
def areas(raw):
    """The units of one level in a GeoJSON of these properties."""

    def reading(*properties: dict[str, object], level: int = 2, **options: object) -> tuple[Area, ...]:
        return read_areas(raw(units(*properties), "adm.geojson"), level, options).areas

    return reading


def test_cod_ab_of_the_older_layout(areas) -> None:
    unit = {
        "ADM2_PCODE": "SD07090",
        "ADM2_EN": "Abassiya",
        "ADM2_AR": "العباسية\u200f",
        "ADM2_REF": "Abassiya",
        "ADM2ALT1EN": "El Abassiya",
        "ADM1_PCODE": "SD07",
        "ADM1_EN": "South Kordofan",
        "date": "2020-03-11",
        "validOn": "2020/08/31 00:00:00.000",
        "dv_adm2_altnm": "Abbasiya, Al Abbasiya",
        "dv_adm2_id": 1002703,
    }
    (found,) = areas(unit)
    assert (found.pcode, found.name, found.level, found.parent) == ("SD07090", "Abassiya", 2, "SD07")
    assert found.vintage == "2020-08-31"
    assert found.alternatives == ("العباسية", "El Abassiya", "Abbasiya", "Al Abbasiya")
    assert found.geometry.equals(shapely.box(10, 0, 11, 1))


def test_cod_ab_of_the_newer_layout(areas) -> None:
    unit = {
        "adm1_pcode": "CF62",
        "adm1_name": "Mbomou",
        "adm1_name1": "Bomu",
        "adm0_pcode": "CF",
        "valid_on": "2015-06-15",
    }
    (found,) = areas(unit, level=1)
    assert (found.pcode, found.name, found.parent, found.vintage) == ("CF62", "Mbomou", "CF", "2015-06-15")
    assert found.alternatives == ("Bomu",)


def test_a_name_in_any_language_is_better_than_none(areas) -> None:
    assert areas({"ADM2_PCODE": "X1", "ADM2_SO": "Baydhaba", "ADM2_ID": 7})[0].name == "Baydhaba"
    assert areas({"ADM2_PCODE": "X1", "ADM2_AR": "العباسية", "ADM2_FR": "Abassia"})[0].name == "Abassia"


def test_a_unit_without_a_name_bears_its_code(areas) -> None:
    assert areas({"ADM2_PCODE": "X1", "ADM2_EN": None})[0].name == "X1"


def test_geoboundaries_with_and_without_iso_codes(raw) -> None:
    regions = [{"shapeName": f"R{n}", "shapeISO": f"SO-{n}", "shapeID": f"id{n}", "shapeGroup": "SOM"} for n in (1, 2)]
    found = read_areas(raw(units(*regions), "adm1.geojson"), 1, {})
    assert [(area.pcode, area.name, area.parent) for area in found.areas] == [
        ("SO-1", "R1", "SOM"),
        ("SO-2", "R2", "SOM"),
    ]
    assert found.notes[0] == "geoBoundaries: codes are taken from shapeISO"
    regions[0]["shapeISO"] = ""
    assert [area.pcode for area in read_areas(raw(units(*regions), "adm1.geojson"), 1, {}).areas] == ["id1", "id2"]


def test_plain_columns_are_named_by_options(areas) -> None:
    (found,) = areas(
        {"code": "7", "label": "Sept", "above": "1"}, pcode="code", name="label", parent="above", vintage="2024"
    )
    assert (found.pcode, found.name, found.parent, found.vintage) == ("7", "Sept", "1", "2024")


@pytest.mark.parametrize(
    ("properties", "options", "problem"),
    [
        (
            {"code": "7", "label": "Sept"},
            {},
            "no column for the pcode of level 2; found 'code', 'label'; give option pcode",
        ),
        ({"code": "7"}, {"pcode": "code"}, "no column for the name of level 2; found 'code'; give option name"),
        ({"code": "7"}, {"pcode": "code", "name": "label"}, "no column 'label'"),
        ({"ADM2_PCODE": "X1", "ADM2_EN": "A"}, {"colour": "red"}, "option colour: is not known"),
        ({"ADM2_PCODE": None, "ADM2_EN": "A"}, {}, r"no unit of level 2 in it: 1 ADM2_PCODE: missing \(row 1"),
    ],
)
def test_what_cannot_be_told_is_asked(
    areas, properties: dict[str, object], options: dict[str, object], problem: str
) -> None:
    with pytest.raises(InputError, match=problem):
        areas(properties, **options)


def test_a_code_that_comes_twice_is_refused_by_name(areas) -> None:
    unit = {"ADM2_PCODE": "X1", "ADM2_EN": "A"}
    with pytest.raises(InputError, match="1 codes stand more than once: 'X1'"):
        areas(unit, unit | {"ADM2_EN": "B"}, unit | {"ADM2_PCODE": "X2"})


def test_tag_rows_and_units_without_code_are_left_out_and_told(raw) -> None:
    rows = ({"ADM2_PCODE": "#adm2+code", "ADM2_EN": "#adm2+name"}, {"ADM2_PCODE": "\u200f", "ADM2_EN": "lake"})
    found = read_areas(raw(units(*rows, {"ADM2_PCODE": "X1\u200f", "ADM2_EN": "Boréma"}), "adm2.geojson"), 2, {})
    assert [(area.pcode, area.name) for area in found.areas] == [("X1", "Boréma")]
    assert found.notes == (r"left out: 1 ADM2_PCODE: missing (row 2: ADM2_PCODE = '\u200f'); 1 HXL tags (row 1)",)


def test_points_are_no_units(raw) -> None:
    points = units({"ADM2_PCODE": "X1", "ADM2_EN": "A"}, geometry={"type": "Point", "coordinates": [0, 0]})
    with pytest.raises(InputError, match="not a polygon"):
        read_areas(raw(points, "adm2.geojson"), 2, {})


def test_the_order_of_features_does_not_matter(areas) -> None:
    one, other = ({"ADM2_PCODE": code, "ADM2_EN": code} for code in ("X1", "X2"))
    assert areas(one, other) == areas(other, one)


def test_the_oldest_layout_has_its_names_cut_to_ten_letters(areas) -> None:
    unit = {"admin2Name": "Satema", "admin2Pcod": "CF616", "admin2AltN": "Satéma", "admin1Pcod": "CF61"}
    (found,) = areas(unit)
    assert (found.pcode, found.name, found.parent, found.alternatives) == ("CF616", "Satema", "CF61", ("Satéma",))


def test_units_that_overlap_are_told(raw) -> None:
    text = placed(("X101", shapely.box(10, 0, 11, 1)), ("X102", shapely.box(10.5, 0, 11.5, 1)))
    assert read_areas(raw(text, "a.geojson"), 2, {}).notes == (
        "1 pairs of units overlap, by 6,154 km2 together: 'X101/X102'",
    )


def test_coordinates_of_a_damaged_file_that_are_nearly_nothing_are_none(raw) -> None:
    """Their products vanish, and the overlay would divide by them."""
    first = shapely.Polygon([(15, 6e-211), (10, 5e-199), (13, 2)])
    second = shapely.Polygon([(12, 8e-191), (12, 8e-203), (14, 2)])
    whole = shapely.Polygon([(12, 0), (14, 0), (13, 2)])
    text = placed(("X101", first), ("X102", second), ("X103", whole))
    assert any(
        note.endswith("'X101/X103'") and note.startswith("1 pairs of units overlap")
        for note in read_areas(raw(text, "a.geojson"), 2, {}).notes
    )


def test_holes_between_units_are_told(raw) -> None:
    ring = shapely.box(10, 0, 13, 3).difference(shapely.box(11, 1, 12, 2))
    assert read_areas(raw(placed(("X101", ring)), "a.geojson"), 2, {}).notes == (
        "1 holes between units, 12,305 km2 together: lakes, or no unit's",
    )


def test_a_border_drawn_twice_by_a_hair_is_no_flaw(raw) -> None:
    text = placed(("X101", shapely.box(10, 0, 11, 1)), ("X102", shapely.box(10.9999999, 0, 12, 1)))
    assert read_areas(raw(text, "a.geojson"), 2, {}).notes == ()


def test_a_hole_of_less_than_a_hectare_is_no_flaw(raw) -> None:
    ring = shapely.box(10, 0, 13, 3).difference(shapely.box(11, 1, 11.0001, 1.0001))
    assert read_areas(raw(placed(("X101", ring)), "a.geojson"), 2, {}).notes == ()


def test_children_outside_their_parents_are_told() -> None:
    region = Area("X1", "X1", 1, shapely.box(10, 0, 12, 2))
    inside, astray = (
        Area("X101", "", 2, shapely.box(10, 0, 11, 1), "X1"),
        Area("X102", "", 2, shapely.box(20, 0, 21, 1), "X1"),
    )
    lost, free = Area("X901", "", 2, shapely.box(10, 1, 11, 2), "X9"), Area("X103", "", 2, shapely.box(50, 0, 51, 1))
    assert nesting_notes([region, inside, astray, lost, free]) == (
        "1 units name parents that are not there: 'X901'",
        "1 units lie outside their parents with 12,309 km2 of theirs: 'X102'",
    )
    assert nesting_notes([region, inside, free]) == nesting_notes([inside, astray]) == ()


def test_the_country_of_a_level_is_named_by_its_iso_code(raw) -> None:
    found = read_areas(raw(shapefile(COUNTRIES), "ne.zip"), 0, {})
    assert {area.pcode: area.name for area in found.areas} == {
        "FRA": "France",
        "NOR": "Norway",
        "XKX": "Kosovo",
        "SOL": "Somaliland",
        "NAM": "Namibia",
        "AUS": "Australia",
        "ATC": "Ashmore",
    }
    assert found.notes == (
        "Natural Earth: ISO_A3 is -99 for 4 units; codes by ISO_A3_EH, ADM0_A3",
        "2 units have no ISO code and keep Natural Earth's: 'ATC', 'SOL'",
    )


def test_countries_with_codes_of_their_own_need_no_note(raw) -> None:
    notes = read_areas(raw(shapefile(COUNTRIES[:2]), "ne.zip"), 0, {}).notes
    assert notes == ("Natural Earth: ISO_A3 is -99 for 2 units; codes by ISO_A3_EH, ADM0_A3",)


def test_regions_of_natural_earth(areas) -> None:
    unit = {"adm1_code": "SOM-2335", "name": "Bay", "name_en": "Bay", "name_local": "Baay", "adm0_a3": "SOM"}
    (found,) = areas(unit, level=1)
    assert (found.pcode, found.name, found.parent, found.alternatives) == ("SOM-2335", "Bay", "SOM", ("Baay",))


def zip_of_levels(*names: str, **others: bytes) -> bytes:
    """A zip file of files whose tenth letter is their level: a region, and its two districts."""
    districts = (("X101", shapely.box(10, 0, 11, 1)), ("X102", shapely.box(11, 0, 12, 1)))
    levels = {"1": (("X1", shapely.box(10, 0, 12, 1)),), "2": districts}
    return zipped({name: placed(*levels[name[9]], level=int(name[9])).encode() for name in names} | others)


def test_of_a_zip_file_the_file_of_the_level_is_read(raw) -> None:
    points = {"xmv_adminpoints.geojson": b"{}", "xmv_admin2points.geojson": b"{}"}
    held = raw(zip_of_levels("xmv_admin1.geojson", "xmv_admin2.geojson", **points), "xmv_admin_boundaries.zip")
    assert [area.pcode for area in read_areas(held, 1, {}).areas] == ["X1"]
    assert [area.pcode for area in read_areas(held, 2, {}).areas] == ["X101", "X102"]
    assert list(levels_in(held)) == [1, 2]
    with pytest.raises(InputError, match=r"holds 0 files of level 3: 'xmv_admin1.geojson', 'xmv_admin2.geojson'"):
        read_areas(held, 3, {})


def test_of_two_files_of_one_level_one_must_be_named(raw) -> None:
    held = raw(zip_of_levels("xmv_admin2.geojson", "xmv_admin2_em.geojson"), "x.zip")
    with pytest.raises(InputError, match=r"holds 2 files of level 2: .* name one by the option layer"):
        read_areas(held, 2, {})
    assert len(read_areas(held, 2, {"layer": "xmv_admin2_em.geojson"}).areas) == 2


def test_a_zip_file_whose_names_tell_no_level(raw) -> None:
    districts = placed(("X101", shapely.box(10, 0, 11, 1))).encode()
    held = raw(zipped({"folder/districts.geojson": districts}), "x.zip")
    assert len(read_areas(held, 2, {}).areas) == 1
    assert list(levels_in(held)) == [2]
    with pytest.raises(InputError, match=r"holds the files of shapes 'a.geojson', 'b.geojson'; name one by the option"):
        read_areas(raw(zipped({"a.geojson": districts, "b.geojson": districts}), "x.zip"), 2, {})
    with pytest.raises(InputError, match=r"'a.geojson' in it is not valid JSON"):
        read_areas(raw(zipped({"a.geojson": b"{"}), "x.zip"), 2, {})


def test_a_zipped_shapefile_needs_its_companions(raw) -> None:
    whole = zipfile.ZipFile(io.BytesIO(shapefile(COUNTRIES)))
    parts = {name: whole.read(name) for name in whole.namelist() if not name.endswith(".dbf")}
    with pytest.raises(InputError, match=r"its companion ne_10m_admin_0_countries.dbf \(attributes\) is missing"):
        read_areas(raw(zipped(parts), "ne.zip"), 0, {})


def test_a_damaged_file_in_a_zip_file_is_refused(raw) -> None:
    content = bytearray(zipped({"a.geojson": placed(("X101", shapely.box(10, 0, 11, 1))).encode()}))
    content[60:80] = bytes(20)
    with pytest.raises(InputError, match=r"'a.geojson' in it cannot be read"):
        read_areas(raw(bytes(content), "x.zip"), 2, {})


def test_a_file_in_a_zip_file_may_not_be_endless(raw, monkeypatch) -> None:
    monkeypatch.setattr("riskmap.sources.archive._MOST_BYTES", 100)
    content = zipped({"a.geojson": placed(("X101", shapely.box(10, 0, 11, 1))).encode()})
    with pytest.raises(InputError, match=r"'a.geojson' in it holds more than 100 bytes; unpack it"):
        read_areas(raw(content, "x.zip"), 2, {})


def test_levels_without_codes_cannot_be_told(raw) -> None:
    with pytest.raises(InputError, match="no column of codes tells its level; give the option level"):
        levels_in(raw(units({"name": "A"}), "a.geojson"))


def test_flaws_of_real_boundaries(real_data) -> None:
    """Boundaries simplified unit by unit overlap and part along nearly every border; those of OCHA do neither."""
    path = "nigeria/cod_ab_NGA_adm2_ibf_fixed.geojson"
    notes = read_areas(Raw(real_data / path, path, ""), 2, {}).notes
    assert [note.split(" ")[1:3] for note in notes] == [["pairs", "of"], ["holes", "between"]]
    path = "sudan/cod_ab_SDN_prism_sdn_admbnda_adm2_cbs_nic_ssa_20200831.geojson"
    assert read_areas(Raw(real_data / path, path, ""), 2, {}).notes == ()


def test_real_points_are_no_units(real_data) -> None:
    path = "central_african_republic/cod_ab_CAF_caf_adminpoints.parquet"
    with pytest.raises(InputError, match=r"no unit of level 3 in it: .* not a polygon"):
        read_areas(Raw(real_data / path, path, ""), 3, {})


@pytest.mark.parametrize(
    ("path", "level", "count", "one"),
    [
        (
            "somalia/cod_ab_SOM_prism_som_admbnda_adm2_ocha_20230308_dv.geojson",
            2,
            74,
            ("SO2401", "Baydhaba", "SO24", "2023-03-08", ("Baydhabo", "Baidoa")),
        ),
        (
            "sudan/cod_ab_SDN_prism_sdn_admbnda_adm1_cbs_nic_ssa_20200831.geojson",
            1,
            19,
            ("SD19", "Abyei PCA", "SD", "2020-08-31", ("إدارية أبيي",)),
        ),
        (
            "central_african_republic/cod_ab_CAF_caf_admin2.parquet",
            2,
            72,
            ("CF616", "Satéma", "CF61", "2015-06-15", ("Satema",)),
        ),
        ("nigeria/cod_ab_NGA_adm2_ibf_fixed.geojson", 2, 774, ("NG001001", "Aba North", "", "", ())),
        ("ugly/cod_ab_SOM_adm2_ibf.geojson", 2, 74, ("SO1101", "Borama", "", "", ())),
        ("ugly/cod_ab_TCD_adm2_ibf.geojson", 2, 70, ("TCD0101", "Batha Ouest", "", "", ())),
    ],
)
def test_real_boundaries(real_data, path: str, level: int, count: int, one: tuple[object, ...]) -> None:
    found = {area.pcode: area for area in read_areas(Raw(real_data / path, path, ""), level, {}).areas}
    assert len(found) == count
    area = found[str(one[0])]
    assert (area.pcode, area.name, area.parent, area.vintage, area.alternatives) == one
    assert all(shapely.is_valid(one.geometry) for one in found.values())


def test_the_sample_bears_accents_and_alternatives(sample_data) -> None:
    found = read_areas(Raw(sample_data / "adm2.geojson", "adm2.geojson", ""), 2, {}).areas
    assert (found[0].name, found[0].alternatives, found[0].vintage) == ("Boréma", ("Borema",), "2023-09-01")
