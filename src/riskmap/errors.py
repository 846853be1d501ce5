"""Everything that can go wrong, as one tree.

```
RiskmapError
├── CaseError          the case file cannot be built as written
├── RecipeError        the recipe is not a valid index definition
├── InputError         an input file cannot be read as what it claims to be
│   └── UnknownSource  no source of that name is registered
├── FetchError         a provider did not give what was asked of it
│   ├── CredentialsMissing  its key or account is not set
│   ├── PageFull            an answer has as many rows as there may be, so that some may be missing
│   ├── PointedElsewhere    a large file only names its place in a store of large files
│   ├── ProviderRefused     it answered, and the answer was no
│   │   └── NoRows            the answer is whole and has no rows
│   └── Transient           it answered with what is likely to be right when asked again
├── LayerError         records break the layer schema
├── PlacementError     values cannot be put on the grid
├── ComputeError       an engine cannot do what was asked of it
│   └── TaskFailed       a task broke on an item
├── StoreError         the store cannot be read or written
│   ├── SnapshotMissing  no such snapshot, or none published yet
│   ├── SnapshotDamaged  bytes on disk differ from the manifest
│   └── ResultDamaged    a kept result is not what it was, and was taken away
├── QueryError         a question that the snapshot cannot answer as asked
│   ├── CellUnknown      not a cell of this snapshot
│   ├── PeriodUnknown    not a period of this snapshot
│   ├── FieldUnknown     not a layer or field of this snapshot
│   └── LicenceForbids   a licence does not let this leave
└── TooLarge           a fair question with too large an answer
```

Errors know nothing of exit codes or HTTP: `cli` and `riskmap_api.problems` each hold one table for that.
"""

from __future__ import annotations

from functools import partial


class RiskmapError(Exception):
    """Root of every error raised on purpose; its text says what is wrong and what to do."""


class CaseError(RiskmapError):
    """The case file cannot be built as written."""


class RecipeError(RiskmapError):
    """The recipe is not a valid index definition."""


class InputError(RiskmapError):
    """An input file cannot be read as what it claims to be.

    Args:
        path: The file, as the user named it.
        problem: What is wrong and what to do.
        row: Row (1-based, header excluded) or record where it was met, if one can be named.
        field: Column or property where it was met, if one can be named.
    """

    def __init__(self, path: object, problem: str, *, row: int | None = None, field: str | None = None) -> None:
        where = "".join(
            part for part in (f", row {row}" if row is not None else "", f", field {field!r}" if field else "")
        )
        super().__init__(f"{path}{where}: {problem}")
        self.path, self.problem, self.row, self.field = str(path), problem, row, field

    def __reduce__(self) -> tuple[object, ...]:
        """So that it comes home whole from another process."""
        return partial(type(self), row=self.row, field=self.field), (self.path, self.problem), self.__dict__


class UnknownSource(InputError):
    """No source of that name is registered."""


class FetchError(RiskmapError):
    """A provider did not give what was asked of it."""


class CredentialsMissing(FetchError):
    """Its key or account is not set."""


class ProviderRefused(FetchError):
    """It answered, and the answer was no.

    Args:
        problem: What it said, and what to do.
        status: HTTP status of the answer; None where that was a good one.
    """

    def __init__(self, problem: str, status: int | None = None) -> None:
        super().__init__(problem)
        self.status = status


class NoRows(ProviderRefused):
    """The answer is whole and has no rows."""


class PageFull(FetchError):
    """An answer has as many rows as there may be, so that some may be missing."""


class PointedElsewhere(FetchError):
    """A large file only names its place in a store of large files."""


class Transient(FetchError):
    """It answered with what is likely to be right when asked again, such as an empty page in the middle.

    Args:
        problem: What is wrong with the answer.
        pause_s: Seconds that the provider asked to wait; None where it did not.
    """

    def __init__(self, problem: str, pause_s: float | None = None) -> None:
        super().__init__(problem)
        self.pause_s = pause_s


class LayerError(RiskmapError):
    """Records break the layer schema."""


class PlacementError(RiskmapError):
    """Values cannot be put on the grid."""


class ComputeError(RiskmapError):
    """An engine cannot do what was asked of it: no cluster, no workers, or they die."""


class TaskFailed(ComputeError):
    """A task broke on an item; names both."""


class StoreError(RiskmapError):
    """The store cannot be read or written."""


class SnapshotMissing(StoreError):
    """No such snapshot, or none published yet."""


class SnapshotDamaged(StoreError):
    """Bytes on disk differ from the manifest."""


class ResultDamaged(StoreError):
    """A kept result is not what it was, and was taken away; made again, it is whole."""


class QueryError(RiskmapError):
    """A question that the snapshot cannot answer as asked."""


class CellUnknown(QueryError):
    """Not a cell of this snapshot."""


class PeriodUnknown(QueryError):
    """Not a period of this snapshot."""


class FieldUnknown(QueryError):
    """Not a layer or field of this snapshot."""


class LicenceForbids(QueryError):
    """A licence does not let this leave."""


class TooLarge(RiskmapError):
    """A fair question with too large an answer."""
