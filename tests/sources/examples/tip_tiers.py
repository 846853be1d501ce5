"""Tiers of the TIP report as a table: stray blanks, a country that was not ranked, a word nobody knows, a year twice."""

from example import Example

HEADER = "countryname,iso,year,ccode,tier\n"
ROWS = (
    "Namibia,NAM,2013,565,Tier 2    \n",
    "Somalia,SOM,2013,520,NA\n",
    "Kosovo,KOS,2013,347,Tier 1    \n",
    "Cape Verde,NA,2013,402,Watchlist\n",
    "Cape Verde,NA,2013,402,Watchlist\n",
    "Sudan,SDN,2013,625,Tier 3    \n",
    "Chad,TCD,2013,483,Tier 4    \n",
    "Atlantis,ATL,2013,999,Tier 1    \n",
)

EXAMPLE = Example(
    name="tiers.csv",
    content=(HEADER + "".join(ROWS)).encode(),
    read=8,
    quarantined={"iso: not a country": 1, "repeated": 1, "tier: not known": 1},
    totals={"tip_tier": 8.5},  # 2 + 1 + 2.5 + 3
    shuffled=(HEADER + "".join(ROWS[::-1])).encode(),
)
