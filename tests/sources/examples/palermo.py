"""The list of the UN Treaty Collection: parties of several kinds, a signature alone, the European Union, a bad day."""

from example import Example

HEADER = 'Participant,Signature,"Ratification, Acceptance(A), Approval(AA), Accession(a), Succession(d)"\n'
ROWS = (
    "Albania,12 Dec 2000,21 Aug 2002\n",
    "Bolivia (Plurinational State of),12 Dec 2000,18 May 2006\n",
    "Bahrain,,7 Jun 2004 a\n",
    "Finland,12 Dec 2000,7 Sep 2006 A\n",
    "Montenegro,,23 Oct 2006 d\n",
    "Japan,9 Dec 2002,\n",
    "European Union,12 Dec 2000,6 Sep 2006 AA\n",
    "Niger,21 Aug 2001,soon\n",
)

EXAMPLE = Example(
    name="palermo.csv",
    content=(HEADER + "".join(ROWS)).encode(),
    read=8,
    quarantined={
        "Participant: not a country": 1,
        "Ratification, Acceptance(A), Approval(AA), Accession(a), Succession(d): not a day": 1,
    },
    totals={"palermo_party": 5.0},
    options={"as_of": "2015-01-01"},
    shuffled=(HEADER + "".join(ROWS[::-1])).encode(),
)
