"""Models: the words of the service's addresses and the shapes of its answers, as the API document shows them.

Bulk answers are never built from these: scores leave as columns, cells and manifests as the library gives them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

NOTE = "Shows where conditions favour trafficking, not where it happens. Unknown is not safe."

_EXAMPLE_ID = "3f9c2d17a04be865"
_EXAMPLE_CELL = "867a6e5afffffff"

SnapshotName = Annotated[
    str,
    StringConstraints(pattern=r"^(latest|[0-9a-f]{16})$"),
    Field(description="Id of a snapshot, or `latest`", examples=["latest", _EXAMPLE_ID]),
]
CellId = Annotated[
    str,
    StringConstraints(pattern=r"^8[0-9a-f]{14}$"),
    Field(description="H3 cell as 15 hexadecimal digits", examples=[_EXAMPLE_CELL]),
]
PeriodLabel = Annotated[
    str,
    StringConstraints(pattern=r"^\d{4}(-(\d\d(-\d\d)?|W\d\d|Q[1-4]))?$"),
    Field(description="Label of a period of the snapshot", examples=["2022-01"]),
]


class Said(BaseModel):
    """What every answer says first."""

    model_config = ConfigDict(extra="allow")

    snapshot: str = Field(description="Id of the snapshot that the answer comes from", examples=[_EXAMPLE_ID])
    synthetic: bool = Field(description="True where the place and its data are invented", examples=[True])
    note: str = Field(description="What the numbers mean and do not mean", examples=[NOTE])
    credits: list[str] = Field(
        description="Credit lines that every product made from the answer must show",
        examples=[["Armed Conflict Location & Event Data Project (ACLED), acleddata.com"]],
    )


class Health(BaseModel):
    """Whether the service can answer, and from what."""

    status: Literal["ok", "unavailable"]
    note: str = Field(examples=[NOTE])
    snapshot: str | None = Field(default=None, description="Id of the newest snapshot", examples=[_EXAMPLE_ID])
    case: str | None = Field(default=None, description="Title of its case", examples=["Sample region, 2024"])
    synthetic: bool | None = Field(default=None, description="True where the case is invented", examples=[True])
    reason: str | None = Field(default=None, description="Why the service cannot answer")


class RecipeName(BaseModel):
    """Which index a snapshot holds."""

    name: str = Field(examples=["trafficking"])
    version: str = Field(examples=["0.1"])


class SnapshotSummary(BaseModel):
    """One published snapshot."""

    id: str = Field(examples=[_EXAMPLE_ID])
    case: str = Field(description="Name of the case", examples=["sample"])
    title: str = Field(description="Title of the case", examples=["Sample region, 2024"])
    synthetic: bool = Field(examples=[True])
    resolution: int = Field(description="H3 resolution", examples=[6])
    periods: list[str] = Field(description="Period labels, earliest first", examples=[["2022-01", "2022-02"]])
    recipe: RecipeName


class SnapshotList(BaseModel):
    """Published snapshots, newest first."""

    note: str = Field(examples=[NOTE])
    snapshots: list[SnapshotSummary]


class Columns(Said):
    """Scores as columns of one length."""

    periods: list[str] = Field(description="Periods asked for", examples=[["2022-01"]])
    columns: dict[str, list[str | float | int | None]] = Field(
        description="By field; null = unknown",
        examples=[{"cell": [_EXAMPLE_CELL], "period": ["2022-01"], "score": [6.1], "low": [4.9], "high": [7.3]}],
    )


class Manifest(Said):
    """What a snapshot was made of."""

    manifest: dict[str, object] = Field(
        description="Case, recipe, inputs with checksums and licences, what was left out and why",
        examples=[{"case": {"name": "sample", "synthetic": True}, "recipe": {"name": "trafficking"}}],
    )


class IndicatorTree(Said):
    """The index as a tree: dimensions hold components, components hold indicators."""

    recipe: dict[str, object] = Field(
        description="Name, version, hash, scale, classes and thresholds",
        examples=[{"name": "trafficking", "version": "0.1", "scale": [0, 10]}],
    )
    dimensions: list[dict[str, object]] = Field(
        description="The tree, with labels, units, weights and feeds; `fed` false where no input reached an indicator",
        examples=[[{"id": "crisis", "label": "Crisis pressure", "weight": 1.0, "components": []}]],
    )
    sources: list[dict[str, object]] = Field(
        description="Inputs of the snapshot and their licences",
        examples=[[{"source": "acled", "licences": [{"id": "ACLED-terms", "attribution": "ACLED"}]}]],
    )


class CellDetail(Said):
    """One cell in one period, with everything its score was made of."""

    explanation: dict[str, object] | None = Field(
        default=None,
        description="`sentence`, `contributions`, `missing`, `change`, `reliability` and `alike`; null where the"
        " snapshot's recipe is of another version than the service",
    )
    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "example": {
                "snapshot": _EXAMPLE_ID,
                "synthetic": True,
                "note": NOTE,
                "credits": ["WorldPop"],
                "cell": _EXAMPLE_CELL,
                "period": "2022-01",
                "score": 6.1,
                "low": 4.9,
                "high": 7.3,
                "class": "high",
                "status": "scored",
                "coverage": 0.81,
                "q05": 4.1,
                "q95": 7.4,
                "p_high": 0.72,
                "people_at_risk": 8640.0,
                "reliability": 6.8,
                "grade": "B",
            }
        },
    )


class AreaOutlines(Said):
    """Regions and districts as a GeoJSON feature collection."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "example": {
                "snapshot": _EXAMPLE_ID,
                "synthetic": True,
                "note": NOTE,
                "credits": ["WorldPop"],
                "type": "FeatureCollection",
                "features": [],
            }
        },
    )

    type: str


class Legend(Said):
    """How the map is drawn: classes with colours, and the marks for partial and insufficient data."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "example": {
                "snapshot": _EXAMPLE_ID,
                "synthetic": True,
                "note": NOTE,
                "credits": ["WorldPop"],
                "classes": [{"name": "very low", "below": 2.0, "colour": "#ffffcc"}],
            }
        },
    )


class TileJson(Said):
    """TileJSON 3.0 of one layer and period."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "example": {
                "tilejson": "3.0.0",
                "tiles": [f"http://127.0.0.1:8000/v1/snapshots/{_EXAMPLE_ID}/tiles/risk/2022-01/{{z}}/{{x}}/{{y}}.mvt"],
                "vector_layers": [{"id": "risk", "fields": {"cell": "String", "score": "Number"}}],
                "minzoom": 0,
                "maxzoom": 12,
                "snapshot": _EXAMPLE_ID,
                "synthetic": True,
                "note": NOTE,
                "credits": ["WorldPop"],
            }
        },
    )


class Problem(BaseModel):
    """A refusal, as RFC 9457 has it."""

    type: str = Field(examples=["urn:riskmap:problem:cell-unknown"])
    title: str = Field(examples=["Cell unknown"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["not a cell of this snapshot: 867a6e5afffffff"])
    instance: str | None = Field(default=None, description="Reference to quote to the operator")
