"""People by age and sex: sums that are whole, or refused."""

import json
from datetime import date

import numpy as np
import pytest
import shapely
from faking import Question
from pictures import picture, zipped
from rasterio.transform import from_origin

from riskmap.errors import InputError
from riskmap.grid.cells import grid_over
from riskmap.grid.merge import MergeInput, merge
from riskmap.grid.spread import Ground
from riskmap.model.area import Area
from riskmap.model.period import period_range
from riskmap.pipeline.fetch import check
from riskmap.settings import Settings
from riskmap.sources.age_sex import AgeSex
from riskmap.sources.sight import look

ZIP = "xmv_agesex_structures_2024_CN_100m_R2025A_v1.zip"
AGES = (0, 1, *range(5, 91, 5))


def name(sex: str, age: int, year: int = 2024) -> str:
    return f"xmv_{sex}_{age:02d}_{year}_CN_100m_R2025A_v1.tif"


def bands(people: float = 10.0, sexes: str = "tfm") -> dict[str, bytes]:
    """Rasters of one populated pixel of a degree and one unknown: so many people in each age, half of each sex."""
    share = {"t": people, "f": people / 2, "m": people / 2}
    return {name(sex, age): picture(np.array([[share[sex], -99999]], np.float32)) for sex in sexes for age in AGES}


@pytest.fixture
def read_zip(raw):
    """What is made of a zip file of rasters."""

    def reading(files: dict[str, bytes]):
        return AgeSex().read(raw(zipped(files), ZIP), {})

    return reading


def test_a_zip_file_gives_children_and_women(read_zip) -> None:
    reading = read_zip(bands() | {"readme.txt": b""})
    assert reading.layer.table["measure"].to_pylist() == ["children", "women_15_49"]
    assert set(reading.layer.table["record_id"].to_pylist()) == {"XMV/2024"}
    assert set(reading.layer.table["unit"].to_pylist()) == {"people"}
    assert reading.layer.table["preliminary"].to_pylist() == [True, True]
    assert reading.notes == (
        "children: 46 in XMV 2024, from 5 rasters",
        "women_15_49: 35 in XMV 2024, from 7 rasters",
        "48 of 60 rasters are other bands and not read",
    )


def test_children_are_the_ages_to_17_with_three_fifths_of_15_to_19(read_zip) -> None:
    files = bands(0.0) | {name("t", 15): picture(np.array([[100, -99999]], np.float32))}
    assert read_zip(files).notes[0] == "children: 60 in XMV 2024, from 5 rasters"


def test_babies_and_infants_are_two_bands(read_zip) -> None:
    for age in (0, 1):
        files = bands(0.0) | {name("t", age): picture(np.array([[7, -99999]], np.float32))}
        assert read_zip(files).notes[0].startswith("children: 7 ")


def test_both_sexes_stand_in_for_their_sum(read_zip) -> None:
    assert read_zip(bands(sexes="fm")).notes[0] == "children: 46 in XMV 2024, from 10 rasters"


@pytest.mark.parametrize(
    ("sexes", "gone", "problem"),
    [
        ("tfm", name("t", 5), ""),
        ("tfm", name("f", 45), "has no band of females from 45 years; the sum would be too small"),
        ("fm", name("m", 5), "has no band of people from 5 years"),
        ("t", "", "has no band of females from 15 years"),
    ],
)
def test_a_sum_with_a_band_lacking_is_refused(read_zip, sexes: str, gone: str, problem: str) -> None:
    files = {file: content for file, content in bands(sexes=sexes).items() if file != gone}
    if problem:
        with pytest.raises(InputError, match=problem):
            read_zip(files)
    else:
        assert read_zip(files).notes[0] == "children: 46 in XMV 2024, from 6 rasters"


def test_bands_of_two_years_are_not_mixed(read_zip) -> None:
    with pytest.raises(InputError, match=r"holds bands of XMV 2024 .* and of XMV 2025 .*; part them"):
        read_zip(bands() | {name("t", 5, 2025): picture([[1.0]])})


def test_bands_on_other_pixels_are_not_added(read_zip) -> None:
    shifted = picture(np.array([[1, 1]], np.float32), transform=from_origin(10.5, 2, 1, 1))
    with pytest.raises(InputError, match="do not lie on the same pixels"):
        read_zip(bands() | {name("t", 5): shifted})


def test_negative_people_are_refused(read_zip) -> None:
    with pytest.raises(InputError, match="people_05_09 has 1 negative pixels"):
        read_zip(bands() | {name("t", 5): picture(np.array([[-1, 2]], np.float32))})


def test_a_zip_file_of_other_things_is_refused(read_zip) -> None:
    with pytest.raises(InputError, match="holds no raster named as WorldPop names its age bands"):
        read_zip({"xmv_t_07_2024.tif": b"", "readme.txt": b""})


@pytest.mark.parametrize(
    ("file", "measure"),
    [
        (name("f", 15), "females_15_19"),
        (name("t", 0), "people_00_00"),
        (name("m", 1), "males_01_04"),
        (name("t", 90), "people_90_plus"),
        ("xmv_f_20_2020.tif", "females_20_24"),
        ("xmv_m_5_2020_constrained_UNadj.tif", "males_05_09"),
    ],
)
def test_a_single_band_is_only_itself(raw, file: str, measure: str) -> None:
    reading = AgeSex().read(raw(picture(np.array([[4, -99999]], np.float32)), file), {})
    assert reading.layer.table["measure"].to_pylist() == [measure]
    assert reading.notes[0] == f"{measure} only: one band of many"
    assert reading.notes[1].startswith("4 people on ")


def test_a_raster_of_another_name_is_refused(raw) -> None:
    with pytest.raises(InputError, match=r"'xmv_t_07_2024.tif' is no name of a WorldPop age band"):
        AgeSex().read(raw(picture([[1.0]]), "xmv_t_07_2024.tif"), {})


def test_a_later_release_stands_before_an_earlier_one(raw) -> None:
    files = ("xmv_f_15_2020.tif", "xmv_f_15_2020_CN_1km_R2024B_UA_v1.tif", "xmv_f_15_2020_CN_100m_R2025A_v1.tif")
    versions = [AgeSex().read(raw(picture([[1.0]]), file), {}).layer.table["version"][0].as_py() for file in files]
    assert versions == sorted(versions)
    assert len(set(versions)) == 3


@pytest.mark.parametrize(("file", "claimed"), [(name("f", 15), True), ("xmv_ppp_2020.tif", False)])
def test_it_claims_files_by_name(raw, file: str, claimed: bool) -> None:
    assert AgeSex().recognises(look(raw(picture([[1.0]]), file))) == claimed
    assert AgeSex().recognises(look(raw(zipped({f"bands/{file}": b""}), "download.zip"))) == claimed


def test_the_sums_reach_the_grid_whole(read_zip) -> None:
    """Over a country that holds both pixels: 46 children and 35 women, and nobody in the unknown pixel."""
    country = shapely.box(9.5, 0.5, 12.5, 2.5)
    ground = Ground(grid_over(country, 4), {0: (Area("XMV", "Xamava", 0, country),)})
    months = period_range(date(2024, 3, 1), date(2024, 3, 31))
    merged = merge([MergeInput("age_sex", read_zip(bands()).layer)], ground, months, {}, months)
    sums = {key: float(np.nansum(measure.values)) for key, measure in merged.cube.measures.items()}
    assert sums == {"age_sex:children": pytest.approx(46), "age_sex:women_15_49": pytest.approx(35)}
    assert max(np.nanmax(one.coverage) for one in merged.cube.measures.values()) <= 1


def test_the_zip_files_of_the_years_are_fetched(provider, ask, read_vault) -> None:
    url = f"https://data.worldpop.org/GIS/AgeSex_structures/Global_2015_2030/R2025A/2024/XMV/v1/100m/{ZIP}"

    def answer(question: Question) -> bytes | str:
        if question.path.endswith(".zip"):
            return zipped(bands())
        return json.dumps({"data": [{"popyear": "2024", "date": "2025-06-01", "files": [url]}]})

    fake = provider(answer)
    ask("age_sex", fake.url, "XMV")
    assert fake.asked[0].path == "/age_structures/G2_CN_Age_R25A_3a_z"
    (reading,) = read_vault("age_sex")
    assert reading.notes[0].startswith("children: 46 ")
    assert f"{reading.layer.table['published'][0].as_py():%Y-%m-%d}" == "2025-06-01"


def test_it_can_be_checked(provider, tmp_path) -> None:
    fake = provider(lambda _: '{"data": [{"popyear": "2024"}]}')
    check("age_sex", Settings(vault=tmp_path, endpoints={"age_sex_hub": fake.url}))
    assert fake.asked[0].args == {"iso3": "SMR"}
