"""Boundaries as sources: COD-AB, geoBoundaries and Natural Earth, fetched, counted and checked."""

import json
from collections.abc import Callable

import pytest
import shapely
from examples.natural_earth import COUNTRIES, shapefile
from faking import Answer, Question
from pictures import zipped

from riskmap.errors import FetchError, InputError
from riskmap.model.raw import Raw
from riskmap.pipeline.fetch import check
from riskmap.settings import Settings
from riskmap.sources.boundaries import read_areas
from riskmap.sources.cod_ab import CodAb
from riskmap.sources.geoboundaries import GeoBoundaries
from riskmap.sources.natural_earth import NaturalEarth
from riskmap.sources.sight import look
from riskmap.sources.source import source
from riskmap.store.vault import Vault

SQUARE = {"type": "Polygon", "coordinates": [[[10, 0], [11, 0], [11, 1], [10, 1], [10, 0]]]}


def collection(*properties: dict[str, object], geometry: object = SQUARE) -> bytes:
    features = [{"type": "Feature", "properties": one, "geometry": geometry} for one in properties]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


REGIONS = collection({"adm1_pcode": "XM01", "adm1_name": "Norsu", "adm0_pcode": "XM", "valid_on": "2023-09-01"})
DISTRICTS = collection({"adm2_pcode": "XM0101", "adm2_name": "Boréma", "adm1_pcode": "XM01", "valid_on": "2023-09-01"})
LEVELS = zipped({"xmv_admin1.geojson": REGIONS, "xmv_admin2.geojson": DISTRICTS, "xmv_adminpoints.geojson": b"{}"})


def test_every_level_of_a_zip_file_is_counted_and_nested(raw) -> None:
    reading = CodAb().read(raw(LEVELS, "xmv.zip"), {})
    assert (reading.read, reading.accepted, len(reading.layer)) == (2, 2, 0)
    assert reading.notes == (
        "level 1: 1 units, XM01, valid on 2023-09-01",
        "level 2: 1 units, XM0101, valid on 2023-09-01",
    )
    assert CodAb().read(raw(LEVELS, "xmv.zip"), {"level": 2}).read == 1


def test_children_outside_their_parents_are_told_of_a_zip_file(raw) -> None:
    far = collection(
        {"adm2_pcode": "XM0101", "adm2_name": "A", "adm1_pcode": "XM01"},
        geometry=json.loads(shapely.to_geojson(shapely.box(30, 0, 31, 1))),
    )
    reading = CodAb().read(raw(zipped({"xmv_admin1.geojson": REGIONS, "xmv_admin2.geojson": far}), "xmv.zip"), {})
    assert reading.notes[-1] == "1 units lie outside their parents with 12,309 km2 of theirs: 'XM0101'"
    assert reading.notes[1] == "level 2: 1 units, XM0101, of unknown vintage"


def test_the_finest_level_of_a_file_is_its_own(raw) -> None:
    assert CodAb().read(raw(DISTRICTS, "a.geojson"), {}).notes[0].startswith("level 2: 1 units")


def test_the_terms_of_each_layer_are_told(raw) -> None:
    held = raw(collection({"shapeName": "Nord", "shapeISO": "XM-1", "shapeID": "1", "shapeGroup": "XMV"}), "a.geojson")
    labels = {"level": "1", "licence": "Open Data Commons Open Database License 1.0"}
    notes = GeoBoundaries().read(Raw(held.path, held.name, "", labels=labels), {}).notes
    assert notes[-1] == "licence of this layer: Open Data Commons Open Database License 1.0"
    with pytest.raises(InputError, match="no column of codes tells its level"):
        GeoBoundaries().read(held, {})


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("somalia/cod_ab_SOM_prism_som_admbnda_adm1_ocha_20230308_dv.geojson", "cod_ab"),
        ("somalia/cod_ab_SOM_prism_som_admbnda_adm2_ocha_20230308_dv.geojson", "cod_ab"),
        ("sudan/cod_ab_SDN_prism_sdn_admbnda_adm1_cbs_nic_ssa_20200831.geojson", "cod_ab"),
        ("sudan/cod_ab_SDN_prism_sdn_admbnda_adm2_cbs_nic_ssa_20200831.geojson", "cod_ab"),
        ("nigeria/cod_ab_NGA_adm1_ibf_fixed.geojson", "cod_ab"),
        ("central_african_republic/cod_ab_CAF_caf_admin1.parquet", "cod_ab"),
        ("central_african_republic/cod_ab_CAF_caf_admin3.parquet", "cod_ab"),
        ("central_african_republic/cod_ab_CAF_caf_adminpoints.parquet", "cod_ab"),
        ("ugly/cod_ab_SOM_adm2_ibf.geojson", "cod_ab"),
        ("ugly/cod_ab_TCD_adm2_ibf.geojson", "cod_ab"),
        ("ukraine/ocha_ukr_hostilities_20221213_31.geojson", ""),
        ("ukraine/ocha_ukr_border_crossings_20230530.geojson", ""),
        ("sudan/sdn_localities_ar_en.csv", ""),
        ("somalia/prism_SOM_som-ipc.json", ""),
        ("nigeria/dtm_nga_r38.xlsx", ""),
    ],
)
def test_real_files_are_claimed_by_their_own_source(real_data, path: str, name: str) -> None:
    sight = look(Raw(real_data / path, path, ""))
    claiming = [one for one in ("cod_ab", "geoboundaries", "natural_earth") if source(one).recognises(sight)]
    assert claiming == ([name] if name else [])


@pytest.mark.parametrize(
    ("path", "units"),
    [
        ("somalia/cod_ab_SOM_prism_som_admbnda_adm2_ocha_20230308_dv.geojson", 74),
        ("sudan/cod_ab_SDN_prism_sdn_admbnda_adm2_cbs_nic_ssa_20200831.geojson", 189),
        ("nigeria/cod_ab_NGA_adm2_ibf_fixed.geojson", 774),
        ("central_african_republic/cod_ab_CAF_caf_admin3.parquet", 175),
    ],
)
def test_real_units_are_counted(read_real, path: str, units: int) -> None:
    reading = read_real("cod_ab", path)
    assert (reading.read, reading.accepted, len(reading.layer)) == (units, units, 0)


def test_zip_files_are_claimed_by_what_is_in_them(raw) -> None:
    geo = zipped({"geoBoundaries-XMV-ADM1.geojson": b"", "CITATION.txt": b""})
    for made, content in ((CodAb(), LEVELS), (GeoBoundaries(), geo), (NaturalEarth(), shapefile(COUNTRIES))):
        sight = look(raw(content, "download.zip"))
        assert [one.name for one in (CodAb(), GeoBoundaries(), NaturalEarth()) if one.recognises(sight)] == [made.name]


@pytest.fixture
def exchange(provider):
    """HDX with one dataset of some files."""

    def make(*files: tuple[str, str]):
        def answer(question: Question) -> Answer | str | bytes | None:
            if question.path != "/package_show":
                return LEVELS
            listed = [
                {"name": name, "format": form, "url": f"{fake.url}/{name}", "last_modified": "2026-01-26T10:00:00"}
                for name, form in files
            ]
            return json.dumps({"success": True, "result": {"resources": listed}})

        fake = provider(answer)
        return fake

    return make


def test_the_boundaries_of_a_country_are_fetched_from_hdx(exchange, ask, vault: Vault) -> None:
    fake = exchange(
        ("xmv_admin_boundaries.xlsx", "XLSX"),
        ("xmv_admin_boundaries.shp.zip", "SHP"),
        ("xmv_admin_boundaries.geojson.zip", "GeoJSON"),
    )
    ask("cod_ab", fake.url, "XMV")
    assert [one.path for one in fake.asked] == ["/package_show", "/xmv_admin_boundaries.geojson.zip"]
    assert fake.asked[0].args == {"id": "cod-ab-xmv"}
    held = vault.raw(vault.receipts("cod_ab")[-1])
    assert held.labels["resource"] == "xmv_admin_boundaries.geojson.zip"
    assert CodAb().read(held, {}).accepted == 2
    assert [area.pcode for area in read_areas(held, 2, {}).areas] == ["XM0101"]


def test_shapefiles_are_taken_where_there_is_no_geojson(exchange, ask) -> None:
    fake = exchange(("a.xlsx", "XLSX"), ("xmv_adm.zip", "SHP"))
    ask("cod_ab", fake.url, "XMV")
    assert fake.asked[1].path == "/xmv_adm.zip"


def test_a_dataset_without_shapes_is_told(exchange, ask) -> None:
    with pytest.raises(FetchError, match=r"dataset cod-ab-xmv has no GeoJSON and no shapefile; it has 'a.xlsx'"):
        ask("cod_ab", exchange(("a.xlsx", "XLSX")).url, "XMV")


@pytest.mark.parametrize(
    ("name", "area", "options", "problem"),
    [
        ("cod_ab", "", {}, "COD-AB is published by country"),
        ("geoboundaries", "", {}, "geoBoundaries is asked by country"),
        ("geoboundaries", "XMV", {"levels": "ADM9"}, "levels such as 'ADM1 ADM2', not 'gbOpen' and 'ADM9'"),
        ("geoboundaries", "XMV", {"release": "gbClosed"}, "has the releases 'gbOpen'"),
        ("natural_earth", "", {"scale": "1m"}, "has the scales 10m, 50m, 110m"),
        ("natural_earth", "", {"layer": "rivers"}, "and layers such as admin_0_countries"),
    ],
)
def test_wrong_questions_are_told(ask, name: str, area: str, options: dict[str, str], problem: str) -> None:
    with pytest.raises(FetchError, match=problem):
        ask(name, "http://127.0.0.1:9", area, options=options)


FILE = (
    "https://github.com/wmgeolab/geoBoundaries/raw/9469f09/releaseData/gbOpen/XMV/ADM1/geoBoundaries-XMV-ADM1.geojson"
)
LAYER = collection({"shapeName": "Nord", "shapeISO": "", "shapeID": "1B1", "shapeGroup": "XMV"})
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


def facts(**changes: object) -> dict[str, object]:
    told = {
        "boundaryID": "XMV-ADM1-1234567",
        "boundaryYearRepresented": "2017",
        "boundarySource": "OpenStreetMap, Wambacher",
        "boundaryLicense": "Open Data Commons Open Database License 1.0",
        "buildDate": "Dec 12, 2023",
        "gjDownloadURL": FILE,
    }
    return told | changes


@pytest.fixture
def geo(provider):
    """geoBoundaries, with what it knows of a layer and what lies at a path."""

    def make(told: object, file: Callable[[str], bytes | None] = lambda _path: LAYER):
        def answer(question: Question) -> Answer | str | bytes | None:
            return json.dumps(told) if "/ADM" in question.path and question.path.endswith("/") else file(question.path)

        return provider(answer)

    return make


def test_layers_are_fetched_with_their_own_licences(geo, ask, vault: Vault) -> None:
    fake = geo(facts())
    ask("geoboundaries", fake.url, "XMV", options={"levels": "ADM1"})
    assert [one.path for one in fake.asked] == ["/gbOpen/XMV/ADM1/", FILE.removeprefix("https://github.com")]
    held = vault.raw(vault.receipts("geoboundaries")[-1])
    assert held.labels["licence"] == "Open Data Commons Open Database License 1.0"
    assert held.labels["year"] == "2017"
    assert GeoBoundaries().read(held, {}).notes[0] == "level 1: 1 units, 1B1, of unknown vintage"


def test_a_large_file_is_fetched_from_where_it_lies(geo, ask, vault: Vault) -> None:
    fake = geo([facts()], lambda path: POINTER if "/raw/" in path else LAYER)
    ask("geoboundaries", fake.url, "XMV", options={"levels": "ADM1"})
    assert fake.asked[-1].path == FILE.removeprefix("https://github.com").replace("/raw/", "/")
    assert [one.role for one in vault.receipts("geoboundaries")] == ["index", "refused", "records"]


@pytest.mark.parametrize(
    ("told", "content", "problem"),
    [
        ([], LAYER, "names no file; the country may have no such level"),
        ({"message": "none"}, LAYER, "names no file"),
        (facts(gjDownloadURL="https://elsewhere.example/a.geojson"), LAYER, "which is none of its hosts"),
        (facts(), b"<html>busy</html>", "is no GeoJSON"),
        (facts(), POINTER, "only points at a large file, which is not where it should be"),
        (facts(), None, "answered 404"),
    ],
)
def test_what_is_no_layer_is_refused(geo, ask, told: object, content: bytes | None, problem: str) -> None:
    with pytest.raises(FetchError, match=problem):
        ask("geoboundaries", geo(told, lambda _path: content).url, "XMV")


def test_countries_of_natural_earth_are_fetched_as_a_zip_file(provider, ask, read_vault) -> None:
    fake = provider(lambda _: shapefile(COUNTRIES))
    ask("natural_earth", fake.url, "")
    ask("natural_earth", fake.url, "", options={"scale": "50m", "layer": "admin_0_map_units"})
    assert [one.path for one in fake.asked] == [
        "/10m/cultural/ne_10m_admin_0_countries.zip",
        "/50m/cultural/ne_50m_admin_0_map_units.zip",
    ]
    assert read_vault("natural_earth")[0].notes[0] == "level 0: 7 units, ATC to XKX, of unknown vintage"


def test_an_error_page_with_a_good_status_is_no_zip_file(provider, ask) -> None:
    with pytest.raises(FetchError, match="is no zip file"):
        ask("natural_earth", provider(lambda _: b"<html>busy</html>").url, "")
    with pytest.raises(FetchError, match="is no zip file that opens"):
        ask("natural_earth", provider(lambda _: shapefile(COUNTRIES)[:-30]).url, "")
    with pytest.raises(FetchError, match=r"is a zip file without any \.shp"):
        ask("natural_earth", provider(lambda _: zipped({"readme.txt": b"moved"})).url, "")


def test_all_can_be_checked(exchange, geo, provider, tmp_path) -> None:
    hdx, api, files = exchange(("a.zip", "SHP")), geo(facts()), provider(lambda _: shapefile(COUNTRIES))
    endpoints = {"cod_ab_ckan": hdx.url, "geoboundaries_api": api.url, "natural_earth_files": files.url}
    for name in ("cod_ab", "geoboundaries", "natural_earth"):
        check(name, Settings(vault=tmp_path, endpoints=endpoints))
    assert [one.asked[0].path for one in (hdx, api, files)] == [
        "/package_show",
        "/gbOpen/SMR/ADM0/",
        "/110m/cultural/ne_110m_admin_0_countries.zip",
    ]
