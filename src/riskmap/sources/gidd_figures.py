"""IDMC GIDD, disaggregated: every validated figure of displacement with its places, as GeoJSON.

Flows ("Internal Displacements") and stocks at the end of a year ("IDPs") stand in one file and are kept apart. Many
figures were reported in households; the total in people stands beside them, and is read. Its own terms differ from
those of the tables by country.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.errors import InputError
from riskmap.model.access import Access
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Asked, Raw
from riskmap.sources.columns import Mask, Quarantine, Table, as_mask, layer_of, listed, received, text_option
from riskmap.sources.dates import parse_days
from riskmap.sources.figure_years import Years, day_in, flow_over, spans_of, stock_at_end, whole_years
from riskmap.sources.gidd_fetch import ACCESS, check_client, fetch_figures
from riskmap.sources.idmc_places import Position, Spot, at_spots, is_position, spots_of
from riskmap.sources.isocodes import is_country
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.tabular import json_list, read_json, table_of_records
from riskmap.sources.wire import Wire

_LICENCE = Licence(
    id="CC-BY-NC-4.0",
    attribution="Internal Displacement Monitoring Centre (IDMC), Global Internal Displacement Database (GIDD)",
    url="https://creativecommons.org/licenses/by-nc/4.0/",
    raw=False,
    derived=True,
)
_UPDATED = re.compile(r"LAST UPDATE: (\w+ \d{1,2}, \d{4})")
_FLOW, _STOCK = "internal displacements", "idps"
_UNITS = ("person", "people", "household", "households")
_FIELDS = (("Start date", "Start date accuracy"), ("End date", "End date accuracy"))
_OLD_DAYS = 366

Feature = Mapping[str, object]


@dataclass(frozen=True)
class GiddFigures:
    """Figures of the Global Internal Displacement Database, each with its places.

    Measures: of the flow `new_displacement`, and `disaster_displacement` or `conflict_displacement`; of the stock at
    the end of the year `idps`, and `disaster_idps` or `conflict_idps`. They are those of the tables by country, told
    more finely: a case takes one of the two.
    """

    name: str = "gidd_figures"
    title: str = "IDMC GIDD: internal displacement by figure and place"
    licence: Licence = _LICENCE
    access: Access = ACCESS
    options: frozenset[str] = frozenset({"country"})
    lists_all: bool = False

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's."""
        return sight.kind == "json" and sight.has("Figure category", "Total figures", "Locations accuracy")

    def fetch(self, asked: Asked, wire: Wire) -> None:
        """Asks for the figures of the latest year that is released; no question gets those of another.

        Raises:
            FetchError: The provider did not give them.
        """
        fetch_figures(asked, wire)

    def check(self, wire: Wire) -> None:
        """Asks for one country.

        Raises:
            FetchError: It does not come.
        """
        check_client(wire)

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of a disaggregated file.

        Options: `country`, an ISO 3166 alpha-3 code, keeps the figures of one country.

        Raises:
            InputError: The file is none, or has no figures of that country.
        """
        features, released = _features(raw, text_option(raw, options, "country"))
        table = table_of_records(raw.name, [_object(one.get("properties")) for one in features])
        quarantine = Quarantine(table)
        year, people = whole_years(quarantine, "Year"), quarantine.counts("Total figures")
        category, unit = (pc.utf8_lower(table.text(name)) for name in ("Figure category", "Figure unit"))
        _refuse_strange(quarantine, "Figure category", category, (_FLOW, _STOCK))
        _refuse_strange(quarantine, "Figure unit", unit, _UNITS)
        spans = spans_of(quarantine, table, year, _FIELDS)
        ids = table.text("ID")
        quarantine.refuse(as_mask(pc.is_null(ids)), "ID: missing", "ID")
        quarantine.keep_newest(ids, "repeated ID")
        spots = _spots(quarantine, table, features)
        shared = {"record_id": ids, "event_id": table.optional("Event ID"), "value": people}
        cause, layers = pc.utf8_lower(table.text("Figure cause")), []
        for word, told, measure, measures in (
            (_FLOW, flow_over(spans), "new_displacement", "displacement"),
            (_STOCK, stock_at_end(year), "idps", "idps"),
        ):
            of_kind = quarantine.kept & as_mask(pc.equal(category, word))
            wanted = {measure: of_kind}
            wanted |= {f"{one}_{measures}": of_kind & as_mask(pc.equal(cause, one)) for one in ("disaster", "conflict")}
            columns = {**self._everywhere(raw, released, len(table)), **told, **shared}
            layers += [_layer({**columns, "measure": name}, where, spots, table) for name, where in wanted.items()]
        flows = quarantine.kept & as_mask(pc.equal(category, _FLOW))
        notes = [*spans.notes(flows), *_notes(quarantine.kept, table, spots, year)]
        return quarantine.reading(Layer.concat(layers), notes)

    def _everywhere(self, raw: Raw, released: str | None, length: int) -> Mapping[str, object]:
        """What all records have in common."""
        return {
            "source": self.name,
            "theme": "displacement",
            "spread": "extensive",
            "unit": "people",
            "published": None if released is None else np.full(length, np.datetime64(released, "s")),
            "retrieved": received(raw, length),
            "version": released or (raw.retrieved.strftime("%Y-%m-%dT%H:%M:%S") if raw.retrieved else None),
            "licence": self.licence.id,
        }


def _features(raw: Raw, country: str | None) -> tuple[Sequence[Feature], str | None]:
    """The features of a file, of one country where one is given, and the day of its release where it tells that.

    Raises:
        InputError: There are none.
    """
    value = read_json(raw)
    features = [_object(one) for one in json_list(raw.name, value, "features")]
    if country is not None:
        codes = [_object(one.get("properties")).get("ISO3") for one in features]
        features = [one for one, code in zip(features, codes, strict=True) if code == country]
        if not features:
            found = sorted({str(code) for code in codes})
            raise InputError(raw.name, f"no figures of {country!r}; found {listed(found)}", field="ISO3")
    return features, _released(_object(value))


def _released(whole: Mapping[str, object]) -> str | None:
    """The day of the release, ISO 8601, as the file tells it in a field of its own or in its readme."""
    told = _UPDATED.search(str(whole.get("readme", "")))
    return day_in(str(whole.get("lastUpdated") or ""), "%Y-%m-%d") or day_in(told.group(1) if told else "", "%B %d, %Y")


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _refuse_strange(quarantine: Quarantine, name: str, text: pa.Array, words: Sequence[str]) -> None:
    quarantine.refuse(~as_mask(pc.is_in(text, pa.array(words))), f"{name}: not known", name, text)


def _spots(quarantine: Quarantine, table: Table, features: Sequence[Feature]) -> Sequence[Spot]:
    """The places of every figure that is kept.

    Figures with a place that is none are refused, and so are those that name neither places nor a country.
    """
    told = [_object(one.get("properties")) for one in features]
    accuracies, types = ([_words(one.get(f"Locations {name}")) for one in told] for name in ("accuracy", "type"))
    positions = [_positions(one.get("geometry")) for one in features]
    unread = np.array([None in many for many in positions], dtype=np.bool_)
    quarantine.refuse(unread, "geometry: not points of longitude and latitude", "ID", table.text("ID"))
    placeless = np.array([not many for many in positions], dtype=np.bool_)
    country = table.text("ISO3")
    quarantine.refuse(placeless & ~is_country(country), "neither places nor an ISO 3166 country", "ISO3", country)
    return [
        spot
        for row in np.flatnonzero(quarantine.kept & ~placeless).tolist()
        for spot in spots_of(row, [one for one in positions[row] if one], accuracies[row], types[row])
    ]


def _positions(geometry: object) -> Sequence[Position | None]:
    """The points of a geometry, None for each that is none; empty where there is no geometry."""
    told = _object(geometry).get("coordinates") or []
    many = told if isinstance(told, list) and told and isinstance(told[0], list) else [told] if told else []
    return [_position(one) for one in many]


def _position(told: object) -> Position | None:
    if not isinstance(told, list) or not all(isinstance(one, int | float) for one in told[:2]) or len(told) < 2:
        return None
    lon, lat = float(told[0]), float(told[1])
    return (lon, lat) if is_position(lon, lat) else None


def _words(told: object) -> Sequence[str]:
    """Words that stand in a list, or in one text; empty where there are none."""
    return [str(one) for one in told] if isinstance(told, list) else str(told or "").split(";")


def _layer(columns: Mapping[str, object], where: Mask, spots: Sequence[Spot], table: Table) -> Layer:
    """Records of one measure: at their places, or of their country where they have none."""
    chosen = [spot for spot in spots if where[spot.row]]
    placed = np.zeros(len(table), dtype=np.bool_)
    placed[[spot.row for spot in spots]] = True
    country = {"pcode": table.text("ISO3"), "place": table.optional("Country")}
    of_country = layer_of({**columns, **country, "pcode_level": 0, "geo_precision": "country"}, where & ~placed)
    return Layer.concat([Layer.build(at_spots(columns, chosen)), of_country])


def _notes(kept: Mask, table: Table, spots: Sequence[Spot], year: Years) -> list[str]:
    """What was assumed, counted."""
    placeless = int(kept.sum()) - len({spot.row for spot in spots})
    split = len({spot.row for spot in spots if spot.suffix})
    counted = np.asarray(parse_days(table.optional("Stock date"), "%Y-%m-%d"), dtype="datetime64[D]")
    old = int((kept & ((year + 1).astype("datetime64[D]") - counted > np.timedelta64(_OLD_DAYS, "D"))).sum())
    cause = pc.utf8_lower(table.text("Figure cause"))
    others = int((kept & ~as_mask(pc.is_in(cause, pa.array(["disaster", "conflict"])))).sum())
    notes = {
        f"{split} figures of several places split evenly between them": split,
        f"{placeless} figures without places placed by country": placeless,
        f"{old} stocks were counted more than a year before the end of the year they stand for": old,
        f"{others} figures of other causes count as new_displacement or idps only": others,
    }
    return [note for note, met in notes.items() if met]
