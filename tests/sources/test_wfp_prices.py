"""WFP food prices: every series against itself, markets near their point, and no price made up."""

import json
from collections.abc import Sequence
from datetime import date

import numpy as np
import pytest
import shapely
from faking import Question
from hypothesis import given
from hypothesis import strategies as st

from riskmap.errors import FetchError, InputError
from riskmap.pipeline.fetch import check
from riskmap.settings import Settings
from riskmap.sources.sight import look
from riskmap.sources.wfp_prices import WfpPrices
from riskmap.sources.wfp_prices_series import Monthly, anomalies, monthly

ROW = {
    "date": "2024-01-15",
    "admin1": "Kassala",
    "admin2": "Kassala Town",
    "market": "Kassala",
    "latitude": 15.45,
    "longitude": 36.4,
    "category": "cereals and tubers",
    "commodity": "Sorghum",
    "unit": "KG",
    "priceflag": "actual",
    "pricetype": "Retail",
    "currency": "SDG",
    "price": 100,
    "usdprice": 0.2,
}


@pytest.fixture
def read(raw):
    def reading(*rows: dict[str, object], **options: object):
        lines = [",".join(ROW), *(",".join(str(value) for value in row.values()) for row in rows)]
        return WfpPrices().read(raw("\n".join(lines) + "\n", "wfp_food_prices_sdn.csv"), options)

    return reading


def series(prices: Sequence[float], **changes: object) -> list[dict[str, object]]:
    """Rows of one series, month by month."""
    months = [f"{2023 + number // 12}-{number % 12 + 1:02}-15" for number in range(len(prices))]
    return [ROW | {"date": month, "price": price} | changes for month, price in zip(months, prices, strict=True)]


def values(reading, measure: str) -> list[float]:
    return [round(value, 9) for value in reading.layer.of(measure).table["value"].to_pylist()]


def test_a_market_is_near_its_point_for_a_month(read) -> None:
    (record,) = read(ROW).layer.table.to_pylist()
    assert (record["measure"], record["value"], record["unit"]) == ("staple_price_usd", 0.2, "US dollars/kg")
    assert shapely.from_wkb(record["geometry"]) == shapely.Point(36.4, 15.45)
    assert (record["geo_precision"], record["pcode"], record["place"]) == ("near", None, None)
    assert (f"{record['start']:%F}", f"{record['end']:%F}", record["time_precision"]) == (
        "2024-01-01",
        "2024-02-01",
        "month",
    )
    assert record["record_id"] == "Kassala|Kassala Town|Kassala|2024-01"


def test_a_price_is_compared_with_the_same_series_in_the_twelve_months_before(read) -> None:
    """The thirteenth month sees the twelve before it, whose median is 100; the first months see too few."""
    assert values(read(*series([100] * 12 + [130])), "staple_price_anomaly") == [0] * 6 + [30]
    assert values(read(*series([90, 90, 90, 110, 110, 110, 120])), "staple_price_anomaly") == [20]
    assert values(read(*series([100] * 5 + [130])), "staple_price_anomaly") == []


def test_what_is_older_than_a_year_no_longer_counts(read) -> None:
    assert values(read(*series([50] * 12 + [100] * 12 + [100])), "staple_price_anomaly")[-1] == 0


def test_months_without_a_price_are_not_made_up(read) -> None:
    rows = series([100] * 6 + [1] * 5 + [120])
    assert values(read(*rows[:6], rows[-1]), "staple_price_anomaly") == [20]


def test_goods_units_and_types_of_price_are_series_of_their_own(read) -> None:
    """A sack costs more than a kilogram; only against itself does it tell anything."""
    rows = series([100] * 6 + [110]) + series([9000] * 6 + [11700], unit="90 KG", commodity="Millet")
    assert values(read(*rows), "staple_price_anomaly") == [20]  # the median of 10 and 30
    with pytest.raises(InputError, match="no prices of 'Wholesale'; found 'Retail'"):
        read(*rows, pricetype="Wholesale")


def test_other_goods_are_left_aside_unless_asked_for(read) -> None:
    oil = ROW | {"category": "oil and fats", "commodity": "Oil", "unit": "L"}
    assert read(ROW, oil).notes == ("1 rows of other goods or types of price left aside",)
    assert read(ROW, oil, categories=["oil and fats"]).read == 1
    with pytest.raises(InputError, match="no prices of 'meat'; found 'cereals and tubers'"):
        read(ROW, categories=["meat"])


@pytest.mark.parametrize(
    ("unit", "usd"),
    [
        ("KG", [2]),
        ("50 KG", [0.04]),
        ("500 G", [4]),
        ("MT", [0.002]),
        ("Pound", [4.409245244]),
        ("L", []),
        ("3.5 KG", [0.571428571]),
        ("0 KG", []),
        ("0.0000001 KG", []),
        (f"{'9' * 400} KG", []),
        ("", []),
    ],
)
def test_prices_are_told_by_the_kilogram_where_the_unit_is_a_weight(read, unit: str, usd: list[float]) -> None:
    reading = read(ROW | {"unit": unit, "usdprice": 2})
    assert values(reading, "staple_price_usd") == usd
    assert bool(reading.notes) == (not usd)


def test_a_price_in_dollars_that_is_not_told_is_unknown(read) -> None:
    assert values(read(ROW | {"usdprice": ""}), "staple_price_usd") == []


def test_several_prices_in_a_month_stand_for_their_median(read) -> None:
    weeks = [ROW | {"date": f"2024-01-{day}", "usdprice": usd} for day, usd in (("03", 0.1), ("10", 0.2), ("17", 0.9))]
    assert values(read(*weeks), "staple_price_usd") == [0.2]


def test_no_price_is_made_up(read) -> None:
    reading = read(
        ROW,
        ROW | {"priceflag": "forecast"},
        ROW | {"price": 0},
        ROW | {"price": ""},
        ROW | {"latitude": 99},
        ROW | {"latitude": 0, "longitude": 0},
    )
    assert reading.quarantined == {
        "coordinates out of range, or 0, 0": 2,
        "price: missing": 1,
        "price: not above zero": 1,
        "priceflag: not one of 'actual', 'aggregate', 'actual,aggregate'": 1,
    }


def test_a_price_that_nothing_costs_is_refused(read) -> None:
    """Two of them in one month would have a median beyond all numbers, and one beside a true price an anomaly."""
    strange = [
        {"price": 1e308},
        {"price": 1e308},
        {"price": 1e-320},
        {"usdprice": 1.8e308},
        {"usdprice": 1e308},
        {"usdprice": -1},
    ]
    reading = read(ROW, *(ROW | one for one in strange))
    assert (reading.read, reading.accepted) == (7, 1)
    assert reading.quarantined == {
        "price: not from 1e-06 to 1e+15": 3,
        "usdprice: not a number": 1,
        "usdprice: not from 0 to 1e+15": 2,
    }
    assert values(reading, "staple_price_usd") == [0.2]


def test_a_market_without_coordinates_is_placed_by_name(read) -> None:
    """A national average stands nowhere."""
    bare = ROW | {"latitude": "", "longitude": "", "market": "B"}
    nowhere = bare | {"admin1": "", "admin2": "", "market": "National Average"}
    reading = read(bare, bare | {"admin2": "", "market": "C"}, nowhere)
    told = reading.layer.table.to_pylist()
    assert [(one["place"], one["place_parent"], one["pcode_level"], one["geo_precision"]) for one in told] == [
        ("Kassala Town", "Kassala", 2, "adm2"),
        ("Kassala", None, 1, "adm1"),
    ]
    assert reading.quarantined == {"neither coordinates nor names of its place": 1}
    assert reading.notes == ("2 prices without coordinates are placed by the names of district or region",)


def test_a_market_that_moved_is_where_it_was_told_last(read) -> None:
    reading = read(ROW, ROW | {"date": "2024-02-15", "longitude": 36.5}, ROW | {"date": "2024-03-15", "longitude": ""})
    assert {shapely.from_wkb(shape).x for shape in reading.layer.table["geometry"].to_pylist()} == {36.5}


def test_nothing_in_gives_nothing_out() -> None:
    nothing = np.zeros(0)
    empty = monthly(nothing.astype(int), nothing.astype(int), nothing)
    assert (len(empty.value), len(anomalies(empty))) == (0, 0)


@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 30), st.floats(1, 1e4)), min_size=1, max_size=60),
    st.randoms(use_true_random=False),
)
def test_series_do_not_know_one_another_nor_the_order_of_rows(rows, shuffler) -> None:
    def found(some: list[tuple[int, int, float]]) -> dict[tuple[int, int], float]:
        group, month, price = (np.array(column) for column in zip(*some, strict=True))
        prices = monthly(group, month, price)
        told = zip(prices.group.tolist(), prices.month.tolist(), anomalies(prices).tolist(), strict=True)
        return {(series, when): value for series, when, value in told if not np.isnan(value)}

    whole = found(rows)
    assert found(shuffler.sample(rows, len(rows))) == whole
    one = rows[0][0]
    alone = found([row for row in rows if row[0] == one])
    assert alone == {key: value for key, value in whole.items() if key[0] == one}


def test_many_series_are_taken_some_at_a_time() -> None:
    group, month = np.repeat(np.arange(600), 7), np.tile(np.arange(7), 600)
    price = np.where(month == 6, 100.0 + group, 100.0)
    found = anomalies(Monthly(group, month, price))
    assert np.allclose(found[month == 6], np.arange(600))


def test_a_file_is_recognised_by_its_columns(raw) -> None:
    assert WfpPrices().recognises(look(raw(",".join(ROW) + "\n1\n", "a.csv")))


@pytest.fixture
def catalogue(provider):
    """HDX with the files of one country."""

    def answer(question: Question) -> str | None:
        there = f"http://{question.headers['host']}"
        if question.path == "/package_show" and question.args["id"] == "wfp-food-prices-for-sudan":
            names = ("QuickChart: Sudan - Food Prices", "Sudan - Markets", "Sudan - Food Prices")
            files = [{"name": name, "url": f"{there}/{place}.csv", "format": "CSV"} for place, name in enumerate(names)]
            return json.dumps({"success": True, "result": {"resources": files}})
        if question.path == "/package_show" and question.args["id"] == "wfp-food-prices-for-somalia":
            return json.dumps({"success": True, "result": {"resources": []}})
        return (
            ",".join(ROW) + "\n" + ",".join(str(value) for value in ROW.values()) if question.path == "/2.csv" else None
        )

    return provider(answer)


def test_the_file_of_prices_is_taken_and_not_its_charts(catalogue, ask, read_vault) -> None:
    span = (date(2024, 1, 1), date(2024, 2, 1))
    assert ask("wfp_prices", catalogue.url, "SDN", span).payloads == 1
    assert [question.path for question in catalogue.asked] == ["/package_show", "/2.csv"]
    assert values(read_vault("wfp_prices")[0], "staple_price_usd") == [0.2]


@pytest.mark.parametrize(
    ("area", "slug"),
    [("COD", "democratic-republic-of-the-congo"), ("CIV", "cote-d-ivoire"), ("CAF", "central-african-republic")],
)
def test_datasets_are_named_for_their_country(provider, ask, area: str, slug: str) -> None:
    fake = provider(lambda _question: None)
    with pytest.raises(FetchError, match="answered 404"):
        ask("wfp_prices", fake.url, area)
    assert fake.asked[0].args["id"] == f"wfp-food-prices-for-{slug}"


def test_another_name_may_be_given_and_no_country_is_refused(provider, ask) -> None:
    fake = provider(lambda _question: None)
    with pytest.raises(FetchError, match="asked country by country"):
        ask("wfp_prices", fake.url, "")
    assert fake.asked == []
    with pytest.raises(FetchError, match="answered 404"):
        ask("wfp_prices", fake.url, "", options={"slug": "wfp-prices"})
    assert fake.asked[0].args["id"] == "wfp-prices"


def test_a_check_is_one_small_request(catalogue, vault) -> None:
    check("wfp_prices", Settings(vault=vault.folder, endpoints={"wfp_prices_ckan": catalogue.url}))
    assert [question.path for question in catalogue.asked] == ["/package_show"]
