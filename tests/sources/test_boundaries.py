"""Administrative units, whoever published them."""

import json

import pytest
import shapely

from riskmap.errors import InputError
from riskmap.model.area import Area
from riskmap.model.raw import Raw
from riskmap.sources.boundaries import read_areas

SQUARE = {"type": "Polygon", "coordinates": [[[10, 0], [11, 0], [11, 1], [10, 1], [10, 0]]]}


def units(*properties: dict[str, object], geometry: object = SQUARE) -> str:
    features = [{"type": "Feature", "properties": one, "geometry": geometry} for one in properties]
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
    assert found.notes == ("geoBoundaries: codes are taken from shapeISO",)
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
    assert found.notes == ("left out: 1 ADM2_PCODE: missing (row 2: ADM2_PCODE is empty); 1 HXL tags (row 1)",)


def test_points_are_no_units(raw) -> None:
    points = units({"ADM2_PCODE": "X1", "ADM2_EN": "A"}, geometry={"type": "Point", "coordinates": [0, 0]})
    with pytest.raises(InputError, match="not a polygon"):
        read_areas(raw(points, "adm2.geojson"), 2, {})


def test_the_order_of_features_does_not_matter(areas) -> None:
    one, other = ({"ADM2_PCODE": code, "ADM2_EN": code} for code in ("X1", "X2"))
    assert areas(one, other) == areas(other, one)


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
