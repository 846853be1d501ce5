"""WorldPop's people by age and sex: women of 15 to 49 and children, from five-year bands.

A zip file holds every band of a country and year, so that its sums are whole or refused. A single band is only itself:
nobody can see from it whether the others are there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from types import MappingProxyType

import pyarrow as pa

from riskmap.errors import InputError
from riskmap.model.access import Access
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Asked, Raw
from riskmap.sources.archive import inside, is_archive, members
from riskmap.sources.columns import received
from riskmap.sources.options import Given, checked
from riskmap.sources.pixels import UNITS, Lattice, Sums, added, first_day, survey, taken_as
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.wire import Wire
from riskmap.sources.worldpop_hub import ACCESS, LICENCE, check_hub, fetch_files, published

_PRODUCT = "G2_CN_Age_R25A_3a_z"
_BAND = re.compile(
    r"(?P<iso>[a-z]{3})_(?P<sex>[fmt])_(?P<age>\d{1,2})_(?P<year>\d{4})(_(?P<kind>cn|uc))?(_(?P<resolution>100m|1km))?"
    r"(_(?P<release>r\d{4}[a-z]))?(_ua)?(_v(?P<version>\d+)([._]\d+)?)?(_(unadj|constrained|1km))*\.tiff?",
    re.IGNORECASE,
)
_SEXES = {"f": "females", "m": "males", "t": "people"}
_AGES = (0, 1, *range(5, 91, 5))
_OLDEST = 90

_UNDER_18: Mapping[int, float] = MappingProxyType({0: 1.0, 1: 1.0, 5: 1.0, 10: 1.0, 15: 0.6})
"""Children are people under 18: of the band of 15 to 19 they are the ages 15, 16 and 17, three of five years."""

_15_TO_49: Mapping[int, float] = MappingProxyType(dict.fromkeys(range(15, 50, 5), 1.0))


class _Options(Given):
    """None: a file's name tells all."""


@dataclass(frozen=True)
class _Band:
    """One raster of people of one sex and age.

    Args:
        iso3: Country, as WorldPop writes it in paths.
        year: Whose people it counts.
        sex: `f`, `m`, or `t` for both.
        age: First age of the band.
        rank: Text that sorts as products of one country and year follow one another.
        href: What GDAL opens.
    """

    iso3: str
    year: int
    sex: str
    age: int
    rank: str
    href: str = ""

    @property
    def measure(self) -> str:
        """Such as `females_15_19`; the first band is that of babies under one, the last has no upper end."""
        if self.age == _OLDEST:
            return f"{_SEXES[self.sex]}_{self.age}_plus"
        last = {0: 0, 1: 4}.get(self.age, self.age + 4)
        return f"{_SEXES[self.sex]}_{self.age:02d}_{last:02d}"


@dataclass(frozen=True)
class AgeSex:
    """People by age and sex.

    Measures: of a zip file, `children` (people under 18: all bands to 14 and three fifths of 15 to 19) and
    `women_15_49`; of a single raster, the people of its band, such as `females_15_19`. Shares are for a recipe to
    form, with the population of the same product.
    """

    name: str = "age_sex"
    title: str = "WorldPop: children and women by pixel"
    licence: Licence = LICENCE
    access: Access = ACCESS
    options: frozenset[str] = frozenset(_Options.model_fields)
    lists_all: bool = False

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's: rasters tell it by their names alone."""
        files = sight.keys if sight.kind == "zip" else [sight.name]
        return any(_band_of(PurePosixPath(one).name) is not None for one in files)

    def fetch(self, asked: Asked, wire: Wire) -> None:
        """The zip files of the years asked for.

        Option: `product`, the hub's alias (`G2_CN_Age_R25A_3a_z`); one that lists single rasters gives bands.

        Raises:
            FetchError: The hub did not give them, or lists none.
        """
        fetch_files(asked, wire, "age_structures", asked.options.get("product", _PRODUCT))

    def check(self, wire: Wire) -> None:
        """One small request to the hub.

        Raises:
            FetchError: It does not answer as expected.
        """
        check_hub(wire, "age_structures", _PRODUCT)

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of a zip file of bands, or of one band; a pure function of its bytes. There are no options.

        Raises:
            InputError: A name is not WorldPop's, a raster cannot be read, a band is lacking, or the bands of a zip
                file differ in country, year or pixels.
        """
        checked(_Options, raw, options)
        if is_archive(raw):
            return self._of_archive(raw)
        file = raw.labels.get("file", raw.path.name)
        band = _band_of(file)
        if band is None:
            raise InputError(raw.name, f"{file!r} is no name of a WorldPop age band; keep the published name")
        sums, _ = survey(raw, raw.path.as_posix())
        notes = (f"{band.measure} only: one band of many", *taken_as(sums, "count"))
        return Reading(self._record(raw, band, band.measure, raw.path.as_posix()), 1, 1, notes=notes)

    def _of_archive(self, raw: Raw) -> Reading:
        """Both sums, each whole."""
        bands = _bands(raw)
        first = bands[0]
        strange = [one for one in bands if (one.iso3, one.year, one.rank) != (first.iso3, first.year, first.rank)]
        if strange:
            raise InputError(raw.name, f"holds bands of {_told(first)} and of {_told(strange[0])}; part them")
        wanted = {
            "children": tuple(_of_ages(raw, bands, "t", _UNDER_18)),
            "women_15_49": tuple(_of_ages(raw, bands, "f", _15_TO_49)),
        }
        layers, notes = [], []
        for measure, parts in wanted.items():
            people, lattice = _summed(raw, parts)
            href = added(lattice, [(band.href, share) for band, share in parts])
            layers.append(self._record(raw, first, measure, href))
            notes.append(f"{measure}: {people:,.0f} in {first.iso3} {first.year}, from {len(parts)} rasters")
        used = {band.href for parts in wanted.values() for band, _ in parts}
        notes.append(f"{len(bands) - len(used)} of {len(bands)} rasters are other bands and not read")
        return Reading(Layer.concat(layers), len(used), len(used), notes=tuple(notes))

    def _record(self, raw: Raw, band: _Band, measure: str, href: str) -> Layer:
        return Layer.build(
            {
                "record_id": [f"{band.iso3}/{band.year}"],
                "version": band.rank,
                "source": self.name,
                "theme": "population",
                "measure": measure,
                "kind": "stock",
                "spread": "extensive",
                "unit": UNITS["count"],
                "start": first_day(band.year),
                "end": first_day(band.year + 1),
                "time_precision": "year",
                "published": published(raw),
                "retrieved": received(raw, 1),
                "href": pa.array([href]),
                "preliminary": band.rank.startswith("R202"),
                "licence": self.licence.id,
            }
        )


def _band_of(file: str) -> _Band | None:
    """The band that a file's name tells of; None where it is no name of WorldPop's."""
    found = _BAND.fullmatch(file)
    if found is None or int(found["age"]) not in _AGES:
        return None
    words = PurePosixPath(file).stem.lower().split("_")
    constrained = "cn" in words or "constrained" in words
    release = (found["release"] or "R2018A").upper()
    rank = f"{release}.{int(constrained)}.{int('1km' not in words)}.{int(found['version'] or 0):02d}"
    return _Band(found["iso"].upper(), int(found["year"]), found["sex"].lower(), int(found["age"]), rank)


def _told(band: _Band) -> str:
    return f"{band.iso3} {band.year} ({band.rank})"


def _bands(raw: Raw) -> Sequence[_Band]:
    found = []
    for member in members(raw):
        band = _band_of(PurePosixPath(member).name)
        if band is not None:
            found.append(replace(band, href=inside(raw, member)))
    if not found:
        raise InputError(raw.name, "holds no raster named as WorldPop names its age bands; take it as published")
    return found


def _of_ages(raw: Raw, bands: Sequence[_Band], sex: str, ages: Mapping[int, float]) -> Iterator[tuple[_Band, float]]:
    """The rasters of some ages with the share of each that counts; both sexes where there is none for both."""
    for age, share in ages.items():
        by_sex = {band.sex: band for band in bands if band.age == age}
        parts = [by_sex[sex]] if sex in by_sex else [by_sex[one] for one in "fm" if sex == "t" and one in by_sex]
        if not parts or (sex == "t" and "t" not in by_sex and len(parts) < len("fm")):
            raise InputError(
                raw.name, f"has no band of {_SEXES[sex]} from {age} years; the sum would be too small, fetch it again"
            )
        yield from ((band, share) for band in parts)


def _summed(raw: Raw, parts: Sequence[tuple[_Band, float]]) -> tuple[float, Lattice]:
    """People in some rasters together, and the lattice that all of them share."""
    people, lattices = 0.0, set()
    for band, share in parts:
        sums, lattice = survey(raw, band.href)
        people += share * _people(raw, band, sums)
        lattices.add(lattice)
    if len(lattices) > 1:
        raise InputError(raw.name, "its bands do not lie on the same pixels; take them from one release")
    return people, lattices.pop()


def _people(raw: Raw, band: _Band, sums: Sums) -> float:
    if sums.negative:
        raise InputError(raw.name, f"{band.measure} has {sums.negative} negative pixels that are not nodata")
    return sums.people("count")
