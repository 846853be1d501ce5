"""Options as a case gives them, checked against a model; and the one filter of rows that several sources share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, ValidationError

from riskmap.errors import InputError
from riskmap.model.raw import Raw
from riskmap.sources.columns import Mask, Table, as_mask, listed
from riskmap.sources.source import Options

Wanted = str | int | float
Where = Mapping[str, Wanted | list[Wanted]]

_WORDS = {"extra_forbidden": "is not known; remove it or mend its spelling", "missing": "is missing"}


class Given(BaseModel):
    """Options of one source: frozen, and refusing what it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


GivenT = TypeVar("GivenT", bound=Given)


def checked(model: type[GivenT], raw: Raw, options: Options) -> GivenT:
    """The options as a value of their model.

    Raises:
        InputError: The first thing that is wrong with them, and under which key.
    """
    try:
        return model.model_validate(dict(options))
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"])
        told = _WORDS.get(problem["type"], problem["msg"].removeprefix("Value error, "))
        raise InputError(raw.name, f"option {where}: {told}" if where else told) from error


def matching(table: Table, where: Where) -> Mask:
    """Rows whose columns hold what is wanted of them, as text; shape (rows,).

    Args:
        table: The rows.
        where: Column -> the value wanted, or a list of values of which any will do.

    Raises:
        InputError: A column is missing, or no row matches; tells what its first column holds.
    """
    keep = np.ones(len(table), dtype=np.bool_)
    for column, wanted in where.items():
        values = wanted if isinstance(wanted, list) else [wanted]
        text = table.text(column)
        keep &= as_mask(pc.is_in(text, pa.array([str(value) for value in values], pa.string())))
        if not keep.any():
            held = sorted(str(value) for value in pc.unique(text).to_pylist())
            raise InputError(table.name, f"no row matches where; its values are {listed(held)}", field=column)
    return keep
