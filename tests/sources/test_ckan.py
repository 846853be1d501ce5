"""The HDX catalogue: files are found by what is said of them, kept whole, and labelled with when they changed."""

import json
from collections.abc import Iterator

import pytest
from faking import Answer, Fake, Question

from riskmap.errors import FetchError, ProviderRefused
from riskmap.model.access import Access
from riskmap.sources.ckan import ENDPOINTS, HOSTS, Resource, keep_resources, resources
from riskmap.sources.wire import Desk, Wire
from riskmap.store.vault import Vault

TABLE = "date,price\n2024-01-15,3\n"


def package(*files: dict[str, object], success: bool = True) -> str:
    return json.dumps({"success": success, "result": {"name": "prices", "resources": list(files)}})


def file(
    name: str, url: str, form: str = "CSV", modified: str | None = "2024-06-01T08:00:00.123456"
) -> dict[str, object]:
    return {"id": "1", "name": name, "url": url, "format": form, "last_modified": modified}


@pytest.fixture
def wire(vault: Vault) -> Iterator[object]:
    """A wire of a made-up source whose catalogue is at some address."""
    opened: list[Wire] = []

    def opening(url: str) -> Wire:
        desk = Desk(
            "prices", Access("open", endpoints=ENDPOINTS, hosts=HOSTS), vault, {}, {"prices_ckan": url}, "f", {}
        )
        opened.append(Wire(desk, lambda _seconds: None))
        return opened[-1]

    yield opening
    for one in opened:
        one.__exit__()


@pytest.fixture
def catalogue(provider) -> Fake:
    """A dataset of three files: the prices, a quick chart of them, and one that was listed without an address."""

    def answer(question: Question) -> Answer | str | None:
        if question.path == "/package_show" and question.args["id"] == "prices":
            there = f"http://{question.headers['host']}"
            return package(
                file("wfp_food_prices.csv", f"{there}/files/prices.csv"),
                file("QuickCharts", f"{there}/files/chart.csv", modified=None),
                file("lost.csv", ""),
            )
        if question.path == "/package_show" and question.args["id"] == "broken":
            return package(success=False)
        if question.path == "/package_show" and question.args["id"] == "reshaped":
            return json.dumps({"success": True, "result": []})
        if question.path == "/files/prices.csv":
            return TABLE
        return Answer(json.dumps({"success": False, "error": {"message": "Not found"}}), 404)

    return provider(answer)


def test_a_dataset_lists_its_files_with_when_they_changed(catalogue: Fake, wire) -> None:
    first, second = resources(wire(catalogue.url), "prices")
    assert first == Resource(
        "prices", "wfp_food_prices.csv", f"{catalogue.url}/files/prices.csv", "csv", "2024-06-01T08:00:00"
    )
    assert (second.name, second.modified) == ("QuickCharts", "")


def test_the_wanted_files_are_kept_as_records_with_labels(catalogue: Fake, wire, vault: Vault) -> None:
    kept = keep_resources(wire(catalogue.url), "prices", lambda one: one.name.startswith("wfp"))
    assert [one.name for one in kept] == ["wfp_food_prices.csv"]
    roles = {one.role: one for one in vault.receipts("prices")}
    assert set(roles) == {"index", "records"}
    assert roles["records"].labels == {
        "dataset": "prices",
        "resource": "wfp_food_prices.csv",
        "modified": "2024-06-01T08:00:00",
    }
    assert vault.raw(roles["records"]).path.read_text() == TABLE
    assert [question.path for question in catalogue.asked] == ["/package_show", "/files/prices.csv"]


def test_a_file_that_has_not_changed_is_not_asked_for_again(catalogue: Fake, wire) -> None:
    for _ in range(2):
        keep_resources(wire(catalogue.url), "prices", lambda one: one.name.startswith("wfp"))
    assert [question.path for question in catalogue.asked].count("/files/prices.csv") == 1


def test_a_dataset_without_the_file_says_which_it_has(catalogue: Fake, wire) -> None:
    with pytest.raises(FetchError, match=r"has no such file; it has 'wfp_food_prices.csv', 'QuickCharts'"):
        keep_resources(wire(catalogue.url), "prices", lambda _one: False)


@pytest.mark.parametrize(
    ("slug", "told"), [("broken", "answered that it failed"), ("reshaped", "lists no files"), ("gone", "answered 404")]
)
def test_a_catalogue_that_fails_is_not_taken_for_an_empty_one(catalogue: Fake, wire, slug: str, told: str) -> None:
    with pytest.raises(ProviderRefused, match=told):
        resources(wire(catalogue.url), slug)


def test_a_file_that_lies_elsewhere_is_not_asked_for(provider, wire) -> None:
    fake = provider(lambda _question: package(file("wfp.csv", "https://example.org/wfp.csv")))
    with pytest.raises(ProviderRefused, match="none of its hosts"):
        keep_resources(wire(fake.url), "prices", lambda _one: True)
