"""UNHCR: pairs of countries added up by asylum; dashes, own codes, silent sums, and pages that lie."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

import pytest
from faking import Answer, Fake, Question

from riskmap.errors import FetchError, ProviderRefused
from riskmap.model.layer import Layer
from riskmap.model.raw import Raw
from riskmap.pipeline.fetch import check
from riskmap.settings import Settings
from riskmap.sources.sight import look
from riskmap.sources.source import Reading
from riskmap.sources.unhcr import Unhcr
from riskmap.store.vault import Vault

Ask = Callable[..., object]
Make = Callable[[str, str], Raw]
Provide = Callable[[Callable[[Question], Answer | str | None]], Fake]
Read = Callable[..., Reading]
Total = Callable[[Layer, str], float]

YEAR = (date(2023, 3, 1), date(2023, 6, 1))


def pair(coo: str = "SSD", coa: str = "SDN", **changes: object) -> dict[str, object]:
    told = {
        "year": 2023,
        "coo_name": f"Origin {coo}",
        "coo": "OWN",
        "coo_iso": coo,
        "coa_name": f"Asylum {coa}",
        "coa": "SUD",
        "coa_iso": coa,
        "refugees": "100",
        "asylum_seekers": 5,
        "returned_refugees": "-",
        "idps": "-",
        "returned_idps": "-",
        "stateless": "0",
    }
    return told | changes


def page(*rows: Mapping[str, object], number: int = 1, of: int = 1) -> str:
    return json.dumps({"page": number, "short-url": "", "maxPages": of, "total": [], "items": rows})


def values(layer: Layer, measure: str) -> dict[str, float]:
    rows = layer.of(measure).table.to_pylist()
    return {row["pcode"] or row["place"]: row["value"] for row in rows}


def test_origins_are_added_up_and_forgotten(read: Read) -> None:
    layer = read("unhcr", page(pair(), pair("ETH", refugees=7), pair("ETH", "EGY", refugees=3))).layer
    assert values(layer, "refugees") == {"SDN": 107, "EGY": 3}
    (row,) = [one for one in layer.of("refugees").table.to_pylist() if one["pcode"] == "SDN"]
    assert (row["place"], row["pcode_level"], row["geo_precision"]) == ("Asylum SDN", 0, "country")
    assert (row["kind"], f"{row['start']:%F}", f"{row['end']:%F}") == ("stock", "2023-12-31", "2024-12-31")
    assert (row["record_id"], row["time_precision"], row["overlap_group"]) == ("SDN|2023", "year", "refugees")
    assert not any("SSD" in str(row.values()) or "Origin" in str(row.values()) for row in layer.table.to_pylist())


def test_a_dash_is_no_zero(read: Read) -> None:
    layer = read("unhcr", page(pair())).layer
    assert "idps" not in layer.table["measure"].to_pylist()
    assert values(layer, "stateless") == {"SDN": 0}


def test_people_who_came_back_are_where_they_came_from(read: Read) -> None:
    """The country of asylum of a return is the one that was left; a return is a movement of the year, and no stock."""
    layer = read("unhcr", page(pair("SDN", "EGY", returned_refugees=40))).layer
    (row,) = layer.of("returned_refugees").table.to_pylist()
    assert (row["pcode"], row["value"], row["kind"]) == ("SDN", 40, "flow")
    assert (f"{row['start']:%F}", f"{row['end']:%F}") == ("2023-01-01", "2024-01-01")
    assert row["overlap_group"] == "returned-people"


def test_idps_are_those_of_concern_and_never_added_to_others(read: Read) -> None:
    layer = read("unhcr", page(pair("SDN", idps="6000000", returned_idps=100))).layer
    assert values(layer, "idps") == {"SDN": 6_000_000}
    assert {row["overlap_group"] for row in layer.of("idps").table.to_pylist()} == {"displaced-people"}
    assert layer.of("returned_idps").table["kind"].to_pylist() == ["flow"]


def test_returns_to_nowhere_known_are_counted_aloud(read: Read) -> None:
    told = {"coo_name": "Unknown", "returned_refugees": 1234}
    reading = read("unhcr", page(pair("UNK", **told), pair("SDN", returned_refugees=6)))
    assert values(reading.layer, "returned_refugees") == {"SDN": 6}
    assert values(reading.layer, "refugees") == {"SDN": 200}
    assert reading.notes == ("1,234 returned_refugees of unknown countries left aside",)


def test_codes_that_are_no_countries_give_way_to_names(read: Read) -> None:
    reading = read("unhcr", page(pair(coa="KOS", coa_name="Kosovo"), pair("ETH", "-X-", coa_name="Various")))
    assert values(reading.layer, "refugees") == {"Kosovo": 100}
    assert dict(reading.quarantined) == {"neither an ISO 3166 country of asylum nor its name": 1}


def test_a_sum_over_origins_counts_where_it_stands_alone(read: Read) -> None:
    alone = pair("-", coo_name="-")
    assert values(read("unhcr", page(alone)).layer, "refugees") == {"SDN": 100}
    reading = read("unhcr", page(alone, pair()))
    assert dict(reading.quarantined) == {"a sum over countries of origin beside its parts": 1}


def test_pages_of_one_year_are_parts_of_one_figure(read: Read, total: Total) -> None:
    layers = [
        read("unhcr", page(pair(origin), number=number, of=2)).layer for number, origin in ((1, "SSD"), (2, "ETH"))
    ]
    assert total(Layer.concat(layers).canonical(), "refugees") == 200


@pytest.mark.parametrize(
    "text",
    [
        (
            "Year,Country of Origin Code,Country of Asylum Code,Country of Origin Name,Country of Asylum Name,Refugees,"
            "Asylum seekers,Internally displaced persons,Stateless Persons\n2023,SSD,SDN,South Sudan,Sudan,100,5,0,0\n"
        ),
        (
            'Year,"Country of origin","Country of origin (ISO)","Country of asylum","Country of asylum (ISO)",'
            '"Refugees under UNHCR\'s mandate",Asylum-seekers,"Returned IDPss"\n2023,A,SSD,Sudan,SDN,100,5,0\n'
        ),
    ],
)
def test_its_tables_have_names_of_their_own(text: str, read: Read, raw: Make) -> None:
    layer = read("unhcr", text).layer
    assert (values(layer, "refugees"), values(layer, "asylum_seekers")) == ({"SDN": 100}, {"SDN": 5})
    assert Unhcr().recognises(look(raw(text, "end_year_population_totals.csv")))


def test_one_country_may_be_kept(read: Read) -> None:
    layer = read("unhcr", page(pair(), pair("SDN", "EGY", returned_refugees=3)), country="SDN").layer
    assert values(layer, "refugees") == {"SDN": 100}
    assert values(layer, "returned_refugees") == {"SDN": 3}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"year": "2023/24"}, "year: not a number"),
        ({"year": 23}, "year: not a year"),
        ({"refugees": "*"}, "refugees: not a number"),
        ({"refugees": -5}, "refugees: negative"),
        ({"refugees": "-", "asylum_seekers": None, "stateless": "-"}, "no figure"),
        ({"coo_iso": "SSD"}, "repeated pair of countries and year"),
    ],
)
def test_a_bad_row_is_set_aside_with_its_reason(changes: dict[str, object], reason: str, read: Read) -> None:
    told = pair("ETH") | changes | ({"coo_name": "Origin SSD"} if "coo_iso" in changes else {})
    reading = read("unhcr", page(pair(), told))
    assert (reading.accepted, dict(reading.quarantined)) == (1, {reason: 1})


def test_a_country_is_asked_for_its_guests_and_for_its_returns(
    provider: Provide, ask: Ask, read_vault: Callable[..., list[Reading]]
) -> None:
    """Of the people who left it only the returns are told wholly: its refugees elsewhere are a part of all there."""

    def answer(asked: Question) -> str:
        if "coa" in asked.args:
            return page(pair(), pair("ETH"))
        return page(pair("SDN", "EGY", returned_refugees=4), pair("SDN", "TCD", returned_refugees=5))

    fake = provider(answer)
    ask("unhcr", fake.url, "SDN", YEAR)
    assert [
        (one.args["yearFrom"], one.args["yearTo"], one.args.get("coa"), one.args.get("coo")) for one in fake.asked
    ] == [
        ("2022", "2022", "SDN", None),
        ("2022", "2022", None, "SDN"),
        ("2023", "2023", "SDN", None),
        ("2023", "2023", None, "SDN"),
    ]
    assert {(one.args["coo_all"], one.args["coa_all"], one.args["cf_type"]) for one in fake.asked} == {
        ("true", "true", "ISO")
    }
    layer = Layer.concat([reading.layer for reading in read_vault("unhcr")]).canonical()
    assert values(layer, "refugees") == {"SDN": 200}
    assert values(layer, "returned_refugees") == {"SDN": 9}


def test_all_pages_of_a_year_come(provider: Provide, ask: Ask, read_vault: Callable[..., list[Reading]]) -> None:
    def answer(asked: Question) -> str:
        number = int(asked.args["page"])
        return page(pair(("SSD", "ETH", "ERI")[number - 1], year=asked.args["yearFrom"]), number=number, of=3)

    fake = provider(answer)
    ask("unhcr", fake.url, "", YEAR)
    assert [one.args["page"] for one in fake.asked] == ["1", "2", "3"] * 2
    layer = Layer.concat([reading.layer for reading in read_vault("unhcr")]).canonical()
    assert sum(layer.of("refugees").table["value"].to_pylist()) == 600


def test_a_year_that_is_not_told_yet_is_none(provider: Provide, ask: Ask) -> None:
    fake = provider(lambda asked: page(pair()) if asked.args["yearFrom"] == "2022" else page(of=0))
    ask("unhcr", fake.url, "", YEAR)
    with pytest.raises(ProviderRefused, match="no rows of any country in 2022 to 2023"):
        ask("unhcr", provider(lambda _: page()).url, "", YEAR)


def test_an_empty_page_in_the_middle_and_a_cut_one_are_asked_again(provider: Provide, ask: Ask) -> None:
    bodies = iter([page(of=2), page(pair())[:-9]])
    fake = provider(lambda _: next(bodies, None) or page(pair()))
    ask("unhcr", fake.url, "", YEAR)
    assert len(fake.asked) == 4


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("[]", "answered with no object"),
        (page(pair(), number=2, of=2), "did not answer with page 1"),
        (json.dumps({"page": 1, "message": "bad"}), "did not answer with page 1"),
        (page(pair("-", "-")), "it ignores coa_all"),
    ],
)
def test_a_page_that_lies_is_refused(body: str, told: str, provider: Provide, ask: Ask) -> None:
    with pytest.raises(ProviderRefused, match=told):
        ask("unhcr", provider(lambda _: body).url, "", YEAR)


def test_it_takes_no_options_when_asked(provider: Provide, ask: Ask) -> None:
    fake = provider(lambda _: page(pair()))
    with pytest.raises(FetchError, match="unhcr takes no options"):
        ask("unhcr", fake.url, "", YEAR, {"coo": "SDN"})
    assert fake.asked == []


def test_a_check_asks_for_one_row(provider: Provide, vault: Vault) -> None:
    fake = provider(lambda _: page(pair(), of=6000))
    check("unhcr", Settings(vault=vault.folder, endpoints={"unhcr_api": fake.url}))
    assert [one.args["limit"] for one in fake.asked] == ["1"]


def test_a_list_without_its_page_is_read_too(read: Read, raw: Make) -> None:
    labelled = replace(raw(json.dumps([pair()]), "rows.json"), labels={"side": "origin"})
    assert Unhcr().read(labelled, {}).quarantined == {"no figure": 1}
    assert values(read("unhcr", json.dumps([pair()])).layer, "refugees") == {"SDN": 100}
