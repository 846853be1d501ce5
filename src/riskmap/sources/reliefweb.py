"""ReliefWeb disasters: which disasters were reported in which country; pointers, and no extent of anything.

Content belongs to those who wrote it, so ids, countries and days are kept, and no text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.errors import Transient
from riskmap.model.access import Access
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Asked, Raw, Role
from riskmap.sources.columns import Days, Quarantine, as_mask, received
from riskmap.sources.glide import glide_parts
from riskmap.sources.isocodes import is_country
from riskmap.sources.moments import moments
from riskmap.sources.options import Given, checked
from riskmap.sources.paging import Params, numbered
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.tabular import json_list, read_json, table_of_records
from riskmap.sources.wire import Ask, Reply, Wire

Query = Mapping[str, str | int | list[str]]

_COUNTED = {"ongoing": False, "current": False, "past": False, "alert": True}
"""Status -> whether it may still come to nothing."""

_NOT_COUNTED = {
    "alert-archive": "status alert-archive: an alert that became no disaster",
    "external": "status external: kept for others, not listed as a disaster",
    "draft": "status draft: not published",
}
_FIELDS = ["id", "glide", "status", "date", "country.iso3", "type.code"]
_PAGE = 1000

_LICENCE = Licence(
    id="ReliefWeb-terms",
    attribution="ReliefWeb, a service of the United Nations Office for the Coordination of Humanitarian Affairs (OCHA)",
    url="https://reliefweb.int/terms-conditions",
    raw=False,
    derived=True,
)
_ACCESS = Access(
    "key",
    credentials=("reliefweb_appname",),
    endpoints={"api": "https://api.reliefweb.int/v2"},
    pace_s=1.0,
    home="https://apidoc.reliefweb.int/parameters#appname",
)


@dataclass(frozen=True)
class _Disaster:
    """What is kept of one disaster; texts are empty where not told.

    Args:
        id: Of ReliefWeb.
        glide: GLIDE number, shared with other providers.
        status: As written.
        begun: When it happened.
        created: When it was first listed.
        changed: When it was last edited.
        countries: Codes, each once and in order.
        strange: How many others were left out since they are none of ISO 3166-1.
        year: That of the GLIDE number; 0 where there is none.
    """

    id: str
    glide: str
    status: str
    begun: str
    created: str
    changed: str
    countries: tuple[str, ...]
    year: int
    strange: int = 0


@dataclass(frozen=True)
class Reliefweb:
    """Disasters as ReliefWeb lists them.

    Measure: `reported_disasters`, one for each disaster and country on the day it happened, known for the country
    alone. An absent disaster is no observed zero: editors list what drew international attention.
    """

    name: str = "reliefweb"
    title: str = "ReliefWeb: reported disasters by country"
    licence: Licence = _LICENCE
    access: Access = _ACCESS
    options: frozenset[str] = frozenset()
    lists_all: bool = True

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's."""
        return {"href", "totalCount", "data"} <= sight.keys and sight.has("id", "fields") and "/disasters" in sight.text

    def fetch(self, asked: Asked, wire: Wire) -> None:
        """Asks for the disasters of a country, or of all, that happened in the span; the wire keeps each page.

        Raises:
            FetchError: The provider did not give it.
        """
        for _ in numbered(partial(_page, wire, _filters(asked)), _is_last, parameter="offset", first=0, step=_PAGE):
            pass

    def check(self, wire: Wire) -> None:
        """One small request, for one disaster.

        Raises:
            FetchError: The provider does not answer as expected.
        """
        _page(wire, {"limit": 1}, {"offset": 0}, "index")

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of one answer (version 1 or 2), counted in disasters; a pure function of its bytes.

        One whose answer holds no date is dated by the year of its GLIDE number, and placed by its country.

        Raises:
            InputError: The file is no list of disasters, or an option is given.
        """
        checked(Given, raw, options)
        found = _of_countries([_disaster(one) for one in json_list(raw.name, read_json(raw), "data")])
        facts = [{"id": one.id, "status": one.status, "place": " ".join(one.countries)} for one in found]
        quarantine = Quarantine(table_of_records(raw.name, facts))
        _sift(found, quarantine)
        start, end, by_year = _span(found, quarantine)
        _refuse_repeated(found, quarantine)
        kept = np.flatnonzero(quarantine.kept)
        rows = np.repeat(kept, [len(found[row].countries) for row in kept])
        chosen = [found[row] for row in rows]
        layer = Layer.build(
            {
                "record_id": pa.array(_ids([found[row] for row in kept]), pa.string()),
                "event_id": pa.array([one.glide or one.id for one in chosen], pa.string()),
                "version": pa.array([one.changed or None for one in chosen], pa.string()),
                "source": self.name,
                "theme": "disaster",
                "measure": "reported_disasters",
                "kind": "flow",
                "spread": "extensive",
                "value": 1.0,
                "unit": "disasters",
                "start": start[rows],
                "end": end[rows],
                "time_precision": pa.array(np.where(by_year[rows], "year", "day"), pa.string()),
                "published": moments(one.created for one in chosen),
                "retrieved": received(raw, len(rows)),
                "pcode": pa.array([code for row in kept for code in found[row].countries], pa.string()),
                "pcode_level": 0,
                "geo_precision": "country",
                "preliminary": pa.array([_COUNTED[one.status] for one in chosen], pa.bool_()),
                "licence": self.licence.id,
            }
        )
        return quarantine.reading(layer, _notes([found[row] for row in kept], int(by_year[kept].sum())))


def _disaster(record: object) -> _Disaster:
    told = record if isinstance(record, Mapping) else {}
    fields = told.get("fields")
    fields = fields if isinstance(fields, Mapping) else {}
    dates = fields.get("date")
    dates = dates if isinstance(dates, Mapping) else {}
    glide = _word(fields.get("glide"))
    parts = glide_parts(glide)
    codes = _codes(fields) or ([parts[1]] if parts else [])
    return _Disaster(
        id=_word(told.get("id")),
        glide=glide if parts else "",
        status=_word(fields.get("status")),
        begun=_word(dates.get("event")) or _word(dates.get("created")),
        created=_word(dates.get("created")),
        changed=_word(dates.get("changed")),
        countries=tuple(sorted(set(codes))),
        year=parts[0] if parts else 0,
    )


def _of_countries(found: Sequence[_Disaster]) -> list[_Disaster]:
    """The same disasters with the codes of countries alone."""
    codes = pa.array(sorted({code for one in found for code in one.countries}), pa.string())
    known = set(codes.filter(pa.array(is_country(codes))).to_pylist())
    kept = [tuple(code for code in one.countries if code in known) for one in found]
    return [
        replace(one, countries=good, strange=len(one.countries) - len(good))
        for one, good in zip(found, kept, strict=True)
    ]


def _codes(fields: Mapping[str, object]) -> list[str]:
    """Country codes of a disaster, capital; the provider writes them small."""
    listed = fields.get("country")
    countries = listed if isinstance(listed, list) else [listed or fields.get("primary_country")]
    return [_word(one.get("iso3")).upper() for one in countries if isinstance(one, Mapping) and one.get("iso3")]


def _word(value: object) -> str:
    return "" if value is None else str(value).strip()


def _ids(found: Sequence[_Disaster]) -> Iterator[str]:
    return (f"{one.id}/{code}" for one in found for code in one.countries)


def _span(found: Sequence[_Disaster], quarantine: Quarantine) -> tuple[Days, Days, npt.NDArray[np.bool_]]:
    """First day and first day after of every disaster, and whether only its year is known; shape (disasters,) each."""
    day = moments(one.begun for one in found).astype("datetime64[D]")
    year = np.array([one.year - 1970 for one in found]).astype("datetime64[Y]")
    by_year = np.isnat(day)
    lost = by_year & np.array([not one.year for one in found], dtype=np.bool_)
    quarantine.refuse(lost, "no date, and no GLIDE number that tells its year", "id")
    start = np.where(by_year, year.astype("datetime64[D]"), day)
    end = np.where(by_year, (year + 1).astype("datetime64[D]"), start + 1)
    return start, end, by_year


def _sift(found: Sequence[_Disaster], quarantine: Quarantine) -> None:
    status = pa.array([one.status for one in found], pa.string())
    for word, reason in _NOT_COUNTED.items():
        quarantine.refuse(as_mask(pc.equal(status, word)), reason, "status", status)
    strange = ~as_mask(pc.is_in(status, pa.array([*_COUNTED, *_NOT_COUNTED])))
    quarantine.refuse(strange, "status: not known", "status", status)
    quarantine.refuse(np.array([not one.countries for one in found]), "no country with a code of ISO 3166-1", "place")
    quarantine.refuse(np.array([not one.id for one in found]), "id: missing", "id")


def _refuse_repeated(found: Sequence[_Disaster], quarantine: Quarantine) -> None:
    ids = pa.array([one.id for one in found], pa.string())
    quarantine.keep_newest(ids, "repeated disaster", pa.array([one.changed for one in found], pa.string()))


def _notes(kept: Sequence[_Disaster], by_year: int) -> Iterator[str]:
    if by_year:
        yield f"{by_year} disasters without a date: dated by the year of their GLIDE number, placed by its country"
    strange = sum(one.strange for one in kept)
    if strange:
        yield f"{strange} country codes that are none of ISO 3166-1 left out"


def _filters(asked: Asked) -> Query:
    """The query for a country and span; the provider takes both ends of a range as within it."""
    last = np.datetime64(asked.end, "D") - 1
    filters: dict[str, str | int | list[str]] = {
        "limit": _PAGE,
        "sort[]": "id:asc",
        "fields[include][]": _FIELDS,
        "filter[operator]": "AND",
        "filter[conditions][0][field]": "date.event",
        "filter[conditions][0][value][from]": f"{asked.start}T00:00:00+00:00",
        "filter[conditions][0][value][to]": f"{last}T23:59:59+00:00",
    }
    if asked.area:
        filters["filter[conditions][1][field]"] = "country.iso3"
        filters["filter[conditions][1][value]"] = asked.area.lower()
    return filters


def _page(wire: Wire, query: Query, place: Params, role: Role = "records") -> Reply:
    sound = partial(_check_page, first=int(place["offset"]), size=int(str(query["limit"])))
    query = {"appname": wire.secret("reliefweb_appname"), **query, **place}
    return wire.get(wire.at("api", "disasters"), query, ask=Ask(role, sound=sound))


def _check_page(reply: Reply, first: int, size: int) -> None:
    """A page in the middle that is shorter than it should be, or leads to no other, is no end.

    Raises:
        Transient: It is, or the answer is no list of disasters.
    """
    told = reply.json()
    data, total = (told.get("data"), told.get("totalCount")) if isinstance(told, Mapping) else (None, None)
    if not isinstance(data, list) or not isinstance(total, int):
        raise Transient(f"{reply.raw.url} answered with no list of disasters")
    after = first + len(data)
    if len(data) < min(size, total - first) or (after < total and _is_last(reply)):
        raise Transient(f"{reply.raw.url} ends after {after} of {total} disasters")


def _is_last(reply: Reply) -> bool:
    told = reply.json()
    links = told.get("links") if isinstance(told, Mapping) else None
    return not (isinstance(links, Mapping) and links.get("next"))
