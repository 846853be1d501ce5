"""Two analyses as the IPC service gives them: an area told twice, one not looked at, one without a name; a chronic one."""

import json

from example import Example


def _area(name: object, *people: int | None, everybody: int = 1000, phase: int | None = 3) -> dict[str, object]:
    told = {f"phase{number}_population": count for number, count in enumerate(people, 1)}
    return {"name": name, "estimated_population": everybody, "overall_phase": phase, **told}


def _analysis(condition: str, *areas: dict[str, object]) -> dict[str, object]:
    return {
        "title": "Acute Food Insecurity",
        "analysis_date": "Aug 2022",
        "condition": condition,
        "country": "SO",
        "current_period_dates": "Jul 2022 - Sep 2022",
        "projected_period_dates": "Oct 2022 - Dec 2022",
        "groups": [{"name": "Bay", "estimated_population": 2000, "p3plus": 700, "areas": list(areas)}],
    }


_SEEN = _area("Baidoa", 400, 200, 250, 100, 50)
_AREAS = (_SEEN, dict(_SEEN), _area("Dinsoor", everybody=900, phase=None), _area(None, 1, 1, 1, 0, 0, everybody=3))
_CHRONIC = _analysis("C", _area("Xudur", 500, 100, 400, 0, 0))

EXAMPLE = Example(
    name="population.json",
    content=json.dumps([_analysis("A", *_AREAS), _CHRONIC]).encode(),
    read=5,
    quarantined={
        "condition is not acute (A)": 1,
        "neither code nor name of its place": 1,
        "repeated area and period": 1,
    },
    totals={"phase3plus_people": 400.0, "phase3plus_share": 40.0, "food_insecurity_phase": 3.0},
    shuffled=json.dumps([_CHRONIC, _analysis("A", *reversed(_AREAS))]).encode(),
)
