"""Tables: any values by place, from a delimited file, a workbook or a JSON list, with the columns told by the case."""

from __future__ import annotations

from dataclasses import dataclass

from riskmap.model.access import FILE_ONLY, Access
from riskmap.model.licence import UNSTATED, Licence
from riskmap.model.raw import Raw
from riskmap.sources.columns import Table
from riskmap.sources.options import checked
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.table_options import TableOptions
from riskmap.sources.table_reading import read_measures
from riskmap.sources.tabular import Header, json_list, read_json, read_table, table_of_records


@dataclass(frozen=True)
class Tables:
    """Any measures by place code or place name, as the case's options say."""

    name: str = "tables"
    title: str = "Any table of values by place code or name"
    licence: Licence = UNSTATED
    access: Access = FILE_ONLY
    options: frozenset[str] = frozenset(TableOptions.model_fields)

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's."""
        return sight.kind in {"delimited", "workbook", "json"}

    def read(self, raw: Raw, options: Options) -> Reading:
        """Records of one file; a pure function of its bytes and the options, which `TableOptions` explains.

        Rows are counted after `where`. A row whose values are all unknown is accepted, gives no record, and is counted
        in the notes.

        Raises:
            InputError: The file cannot be read, lacks a column, holds rows of one place and start that differ, or an
                option is missing or wrong.
        """
        given = checked(TableOptions, raw, options)
        return read_measures(self.name, raw, _table(raw, given), given)


def _table(raw: Raw, given: TableOptions) -> Table:
    if given.records is not None:
        return table_of_records(raw.name, json_list(raw.name, read_json(raw), given.records))
    header = Header(given.header_row, given.header_rows)
    return read_table(raw, given.sheet, given.delimiter, given.encoding, header)
