"""Asking UCDP: the newest yearly release, then the candidates of the months after it, all of a country.

Days are not asked for: a release is small for one country, the filter of days looks at an event's last one only, and
only whole releases can stand in place of one another. Countries are known by Gleditsch and Ward's numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from itertools import count

from riskmap.errors import FetchError, ProviderRefused, Transient
from riskmap.model.raw import Asked
from riskmap.sources.paging import numbered
from riskmap.sources.ucdp_releases import Release, months_together, one_month, yearly
from riskmap.sources.wire import INDEX, Ask, Params, Reply, Wire

API = "api"
KEY = "ucdp_token"
_PAGE = 1_000
_NOT_FOUND = 404
_DOUBTED = 2

# Gleditsch and Ward's numbers of states, as UCDP uses them for the countries of events.
_NUMBERS = """
AFG 700 AGO 540 ALB 339 AND 232 ARE 696 ARG 160 ARM 371 ATG 58 AUS 900 AUT 305 AZE 373 BDI 516 BEL 211 BEN 434 BFA 439
BGD 771 BGR 355 BHR 692 BHS 31 BIH 346 BLR 370 BLZ 80 BOL 145 BRA 140 BRB 53 BRN 835 BTN 760 BWA 571 CAF 482 CAN 20
CHE 225 CHL 155 CHN 710 CIV 437 CMR 471 COD 490 COG 484 COL 100 COM 581 CPV 402 CRI 94 CUB 40 CYP 352 CZE 316 DEU 260
DJI 522 DMA 54 DNK 390 DOM 42 DZA 615 ECU 130 EGY 651 ERI 531 ESP 230 EST 366 ETH 530 FIN 375 FJI 950 FRA 220 FSM 987
GAB 481 GBR 200 GEO 372 GHA 452 GIN 438 GMB 420 GNB 404 GNQ 411 GRC 350 GRD 55 GTM 90 GUY 110 HND 91 HRV 344 HTI 41
HUN 310 IDN 850 IND 750 IRL 205 IRN 630 IRQ 645 ISL 395 ISR 666 ITA 325 JAM 51 JOR 663 JPN 740 KAZ 705 KEN 501 KGZ 703
KHM 811 KIR 970 KNA 60 KOR 732 KWT 690 LAO 812 LBN 660 LBR 450 LBY 620 LCA 56 LIE 223 LKA 780 LSO 570 LTU 368 LUX 212
LVA 367 MAR 600 MCO 221 MDA 359 MDG 580 MDV 781 MEX 70 MHL 983 MKD 343 MLI 432 MLT 338 MMR 775 MNE 341 MNG 712 MOZ 541
MRT 435 MUS 590 MWI 553 MYS 820 NAM 565 NER 436 NGA 475 NIC 93 NLD 210 NOR 385 NPL 790 NRU 971 NZL 920 OMN 698 PAK 770
PAN 95 PER 135 PHL 840 PLW 986 PNG 910 POL 290 PRK 731 PRT 235 PRY 150 QAT 694 ROU 360 RUS 365 RWA 517 SAU 670 SDN 625
SEN 433 SGP 830 SLB 940 SLE 451 SLV 92 SMR 331 SOM 520 SRB 345 SSD 626 STP 403 SUR 115 SVK 317 SVN 349 SWE 380 SWZ 572
SYC 591 SYR 652 TCD 483 TGO 461 THA 800 TJK 702 TKM 701 TLS 860 TON 972 TTO 52 TUN 616 TUR 640 TUV 973 TWN 713 TZA 510
UGA 500 UKR 369 URY 165 USA 2 UZB 704 VCT 57 VEN 101 VNM 816 VUT 935 WSM 990 YEM 678 ZAF 560 ZMB 551 ZWE 552
"""
# Gaza and the West Bank are under Israel there, Kosovo is under Serbia.
_UNDER = {"PSE": "ISR", "XKX": "SRB"}


def fetch_releases(asked: Asked, wire: Wire) -> None:
    """All pages of the releases that together list a span: the newest yearly one, and later months.

    Raises:
        FetchError: An option is given, the country has no number, a month is missing between others, or UCDP did not
            give it.
    """
    if asked.options:
        raise FetchError("ucdp takes no options; it asks for the releases that the days need")
    desk = _Desk(wire, country_filter(asked.area))
    today = datetime.now(UTC).date()
    final = next((one for one in yearly(today) if desk.has(one)), None)
    if final is None:
        raise FetchError("ucdp has no yearly release at all; its addresses may have changed")
    start, end = max(asked.start, final.end), min(asked.end, today)
    for year in range(start.year, end.year + 1):
        months = [month for month in range(1, 13) if one_month(year, month).end > start]
        _fetch_candidates(desk, year, [month for month in months if one_month(year, month).start < end], today)


def check_token(wire: Wire) -> None:
    """Asks for one event of a yearly release that is surely there.

    Raises:
        FetchError: It does not come.
    """
    name = f"{(datetime.now(UTC).year - 1) % 100}.1"
    desk = _Desk(wire, {})
    desk.page(name, {"pagesize": 1, "page": 0}, Ask(INDEX.role, sound=_sound()))


def country_filter(area: str) -> Params:
    """The filter of a country; none for the whole world.

    Raises:
        FetchError: It has no number.
    """
    if not area:
        return {}
    words = _NUMBERS.split()
    numbers = dict(zip(words[::2], words[1::2], strict=True))
    try:
        return {"Country": numbers[_UNDER.get(area, area)]}
    except KeyError:
        raise FetchError(f"ucdp knows no country {area!r}; ask for the whole world instead") from None


class _Desk:
    """Where releases of one country are asked for."""

    def __init__(self, wire: Wire, country: Params) -> None:
        self._wire, self._country = wire, country
        self._headers: Mapping[str, str] = {"x-ucdp-access-token": wire.secret(KEY)}

    def page(self, name: str, params: Params, ask: Ask) -> Reply:
        """One page of a release."""
        return self._wire.get(self._wire.at(API, f"gedevents/{name}"), params, headers=self._headers, ask=ask)

    def has(self, release: Release) -> bool:
        """Brings all pages of a release; tells whether it is out at all."""
        ask = Ask(labels={"version": release.name}, sound=_sound(), missing_ok=True)
        turns = count(1)

        def over(reply: Reply) -> bool:
            return reply.status == _NOT_FOUND or next(turns) >= _number(reply, "TotalPages")

        wanted = {"pagesize": _PAGE, **self._country}
        pages = list(numbered(lambda page: self.page(release.name, {**wanted, **page}, ask), over, first=0))
        gone = [page for page in pages if page.status == _NOT_FOUND]
        if gone and len(pages) > 1:
            raise FetchError(f"{gone[0].raw.url} is not there, though the pages before it are; ask again later")
        return not gone


def _fetch_candidates(desk: _Desk, year: int, months: list[int], today: date) -> None:
    """The candidates of some months of a year, as many of them in one release as there are.

    Raises:
        FetchError: A month is not out, and a later one is.
    """
    if not months:
        return
    together = next((one for one in months_together(year, months[0], today) if desk.has(one)), None)
    missing: list[Release] = []
    for month in months:
        single = one_month(year, month)
        if together is not None and single.end <= together.end:
            continue
        if not desk.has(single):
            missing.append(single)
        elif missing:
            raise FetchError(
                f"ucdp has {single.name} but not {missing[0].name}: a month in between would look peaceful; ask later,"
                " or for fewer days"
            )


def _sound() -> Callable[[Reply], None]:
    """Looks at pages: an empty one is doubted, since such come as a passing fault.

    An empty last page is believed in the end: the number of pages counts events that are never given out.
    """
    doubts: dict[str, int] = {}

    def look(reply: Reply) -> None:
        told = reply.json()
        if not isinstance(told, Mapping) or not isinstance(told.get("Result"), list):
            raise ProviderRefused(f"{reply.raw.url} answered with no list of events; the provider has changed its form")
        pages = _number(reply, "TotalPages")
        if told["Result"] or pages == 0 or _number(reply, "TotalCount") == 0:
            return
        doubts[reply.raw.url] = doubts.get(reply.raw.url, 0) + 1
        last = not told.get("NextPageUrl")
        if not last or doubts[reply.raw.url] <= _DOUBTED:
            raise Transient(f"{reply.raw.url} is an empty page among {pages}")

    return look


def _number(reply: Reply, field: str) -> int:
    told = reply.json()
    found = told.get(field) if isinstance(told, Mapping) else None
    if not isinstance(found, int):
        raise ProviderRefused(f"{reply.raw.url} does not tell {field}; the provider has changed its form")
    return found
