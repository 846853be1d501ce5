"""WFP food prices: what staples cost at markets, and how far that is from what they cost before."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pycountry

from riskmap.errors import FetchError, InputError
from riskmap.model.access import Access
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Asked, Raw
from riskmap.sources import ckan
from riskmap.sources.columns import Floats, Mask, Quarantine, Table, as_mask, listed, received
from riskmap.sources.editions import edition, published
from riskmap.sources.options import Given, checked
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.tabular import read_table
from riskmap.sources.wfp_prices_markets import Markets
from riskmap.sources.wfp_prices_series import Monthly, Positions, anomalies, monthly
from riskmap.sources.wire import Wire

_LICENCE = Licence(
    id="CC-BY-IGO",
    attribution="World Food Programme (WFP), price database, by way of HDX",
    url="https://creativecommons.org/licenses/by/3.0/igo/",
    raw=True,
    derived=True,
)
_ACCESS = Access(
    "open", endpoints=ckan.ENDPOINTS, hosts=ckan.HOSTS, pace_s=1.0, home="https://data.humdata.org/organization/wfp"
)
_FLAGS = ("actual", "aggregate", "actual,aggregate")
_KG = {"KG": 1.0, "G": 0.001, "MT": 1000.0, "POUND": 0.45359237, "LB": 0.45359237, "LBS": 0.45359237}
_PRICES = (1e-6, 1e15)
_WEIGHTS_KG = (1e-6, 1e6)
"""Bounds that no real price, in any currency, and no real unit passes; what does is a slip of its writer."""
_UNIT = re.compile(r"^(\d+(?:\.\d+)?)?\s*([A-Z]+)$")
_SERIES = ("admin1", "admin2", "market", "commodity", "unit", "pricetype", "currency")
_MARKET = ("admin1", "admin2", "market")


class PriceOptions(Given):
    """What a case wants of the prices.

    Args:
        categories: Of goods; cereals and tubers where not given, which people live on.
        pricetype: `Retail`, `Wholesale` and the like; one of them, since they are not alike.
        date_format: Of the dates, where it cannot be told.
    """

    categories: tuple[str, ...] = ("cereals and tubers",)
    pricetype: str = "Retail"
    date_format: str | None = None


@dataclass(frozen=True)
class WfpPrices:
    """Monthly prices at markets.

    Measures: `staple_price_anomaly`, the median over the staples of a market of their deviation from what they cost in
    the year before, in percent (`wfp_prices_series` says how); and `staple_price_usd`, the median price of those that
    are sold by weight, in US dollars a kilogram.
    """

    name: str = "wfp_prices"
    title: str = "WFP: prices of staple foods at markets"
    licence: Licence = _LICENCE
    access: Access = _ACCESS
    options: frozenset[str] = frozenset(PriceOptions.model_fields)
    lists_all: bool = True

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's."""
        return sight.has("market", "commodity", "priceflag", "pricetype", "price", "usdprice")

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of one country's file; a pure function of its bytes and the options, which `PriceOptions` explains.

        Raises:
            InputError: The file is no such table, has no such category or type of price, or an option is wrong.
        """
        given = checked(PriceOptions, raw, options)
        table = _chosen(read_table(raw), given)
        quarantine = Quarantine(table)
        day = quarantine.days(table.date_format("date", given=given.date_format), "date")
        flag = pc.utf8_lower(table.text("priceflag"))
        quarantine.refuse(
            ~as_mask(pc.is_in(flag, pa.array(_FLAGS))), f"priceflag: not one of {listed(_FLAGS)}", "priceflag", flag
        )
        price, usd = _prices(quarantine, table)
        lon, lat = _positions(quarantine, table)
        region, district = table.text("admin1"), table.text("admin2")
        nowhere = np.isnan(lon) & as_mask(pc.and_(pc.is_null(region), pc.is_null(district)))
        quarantine.refuse(nowhere, "neither coordinates nor names of its place", "market", table.text("market"))
        month = day.astype("datetime64[M]").astype(np.int64)
        kept = quarantine.kept
        where = Markets(table, *_numbered(table, _MARKET), day, lon, lat, kept)
        anomaly = _anomaly(table, where.market, month, np.where(kept, price, np.nan))
        kilogram = monthly(where.market, month, np.where(kept, usd / _kilograms(table), np.nan))
        layers = [
            self._layer(raw, where, {"measure": "staple_price_anomaly", "unit": "%"}, anomaly),
            self._layer(raw, where, {"measure": "staple_price_usd", "unit": "US dollars/kg"}, kilogram),
        ]
        return quarantine.reading(Layer.concat(layers), _notes(table, kept, lon))

    def fetch(self, asked: Asked, wire: Wire) -> None:
        """Takes a country's file from HDX.

        Option `slug`: short name of its dataset, where it is not `wfp-food-prices-for-` and the country's name.

        Raises:
            FetchError: No country is named, or HDX does not give it.
        """
        slug = asked.options.get("slug") or _slug(asked.area)
        ckan.keep_resources(wire, slug, _holds_prices)

    def check(self, wire: Wire) -> None:
        """What the catalogue says of one country.

        Raises:
            FetchError: It does not answer.
        """
        ckan.resources(wire, "wfp-food-prices-for-somalia")

    def _layer(self, raw: Raw, where: Markets, told: Mapping[str, str], found: Monthly) -> Layer:
        start = found.month.astype("datetime64[M]")
        ids = where.names.take(pa.array(found.group))
        placed = where.of(found.group)
        everywhere = {
            "source": self.name,
            "version": edition(raw),
            "theme": "vulnerability",
            **told,
            "kind": "index",
            "spread": "intensive",
            "time_precision": "month",
            "licence": self.licence.id,
        }
        columns = {
            "record_id": pc.binary_join_element_wise(ids, pa.array(start.astype(str), pa.string()), "|"),
            "value": found.value,
            "start": start.astype("datetime64[s]"),
            "end": (start + 1).astype("datetime64[s]"),
            "published": published(raw, len(ids)),
            "retrieved": received(raw, len(ids)),
        }
        return Layer.build({**everywhere, **columns, **placed})


def _chosen(table: Table, given: PriceOptions) -> Table:
    """The rows of the wanted goods and type of price.

    Raises:
        InputError: There are none; tells what is there.
    """
    wanted = {"category": given.categories, "pricetype": (given.pricetype,)}
    keep = np.ones(len(table), dtype=np.bool_)
    for column, words in wanted.items():
        text = pc.utf8_lower(table.text(column))
        keep &= as_mask(pc.is_in(text, pa.array([word.lower() for word in words])))
        if not keep.any():
            there = sorted(str(word) for word in pc.unique(table.text(column)).to_pylist())
            raise InputError(table.name, f"no prices of {listed(words)}; found {listed(there)}", field=column)
    aside = int((~keep).sum())
    return table.where(keep).noting(f"{aside} rows of other goods or types of price left aside") if aside else table


def _prices(quarantine: Quarantine, table: Table) -> tuple[Floats, Floats]:
    """Prices in local currency and in US dollars, the latter NaN where not told; what can be no price is refused."""
    price, usd = quarantine.numbers("price"), quarantine.numbers("usdprice", required=False)
    quarantine.refuse(price <= 0, "price: not above zero", "price", table.text("price"))
    told = (("price", price, _PRICES), ("usdprice", usd, (0.0, _PRICES[1])))
    for name, found, (least, most) in told:
        strange = (found < least) | (found > most)
        quarantine.refuse(strange, f"{name}: not from {least:g} to {most:g}", name, table.optional(name))
    return price, usd


def _positions(quarantine: Quarantine, table: Table) -> tuple[Floats, Floats]:
    """Degrees east and north, NaN where not told; those that cannot be are refused."""
    lon, lat = quarantine.numbers("longitude", required=False), quarantine.numbers("latitude", required=False)
    wrong = (np.abs(lon) > 180) | (np.abs(lat) > 90) | ((lon == 0) & (lat == 0))
    quarantine.refuse(wrong, "coordinates out of range, or 0, 0", "latitude", table.optional("latitude"))
    half = np.isnan(lon) | np.isnan(lat)
    return np.where(half, np.nan, lon), np.where(half, np.nan, lat)


def _numbered(table: Table, columns: tuple[str, ...]) -> tuple[pa.Array, Positions]:
    """Every combination of some columns as text, sorted, and the number of each row's."""
    text = pc.binary_join_element_wise(*(pc.fill_null(table.text(name), "") for name in columns), "|")
    known = pc.unique(text).sort()
    return known, pc.index_in(text, known).to_numpy(zero_copy_only=False).astype(np.int64)


def _anomaly(table: Table, market: Positions, month: Positions, price: Floats) -> Monthly:
    """The median anomaly over the goods of each market and month."""
    _, series = _numbered(table, _SERIES)
    prices = monthly(series, month, price)
    of_series = np.zeros(series.max(initial=-1) + 1, dtype=np.int64)
    of_series[series] = market
    return monthly(of_series[prices.group], prices.month, anomalies(prices))


def _kilograms(table: Table) -> Floats:
    """Kilograms that a price is for; NaN where it is for no weight."""
    units = pc.unique(table.text("unit")).to_pylist()
    weights = [_weight(str(unit)) for unit in units]
    at = pc.index_in(table.text("unit"), pa.array(units, pa.string())).to_numpy(zero_copy_only=False).astype(np.int64)
    kilograms: Floats = np.array(weights, dtype=np.float64)[at]
    return kilograms


def _weight(unit: str) -> float:
    told = _UNIT.match(unit.strip().upper())
    kilograms = _KG.get(told.group(2), np.nan) * float(told.group(1) or 1) if told else np.nan
    least, most = _WEIGHTS_KG
    return kilograms if least <= kilograms <= most else np.nan


def _notes(table: Table, kept: Mask, lon: Floats) -> list[str]:
    by_name, no_weight = int((kept & np.isnan(lon)).sum()), int((kept & np.isnan(_kilograms(table))).sum())
    notes = {
        f"{by_name} prices without coordinates are placed by the names of district or region": by_name,
        f"{no_weight} prices are for no weight, and have no price a kilogram": no_weight,
    }
    return [note for note, met in notes.items() if met]


def _slug(area: str) -> str:
    """Short name of a country's dataset.

    Raises:
        FetchError: There is no such country.
    """
    country = pycountry.countries.get(alpha_3=area)
    if country is None:
        raise FetchError(
            "wfp_prices is asked country by country: name one by its three letters, or give the option slug"
        )
    last, _, first = str(country.name).partition(", ")
    name = unicodedata.normalize("NFKD", f"{first} {last}".casefold()).encode("ascii", "ignore").decode()
    return "wfp-food-prices-for-" + "-".join(re.findall(r"[a-z]+", name.strip().removeprefix("the ")))


def _holds_prices(one: ckan.Resource) -> bool:
    name = one.name.casefold()
    return one.format == "csv" and "price" in name and "quickchart" not in name
