"""Which unit holds which: told, read off the code, or seen on the map."""

import shapely

from riskmap.grid.nesting import nested
from riskmap.model.area import Area

WEST, EAST = shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)
REGIONS = [Area("XM01", "West", 1, WEST), Area("XM02", "East", 1, EAST)]


def test_a_parent_that_is_told_and_known_is_kept() -> None:
    told = Area("XM0101", "Far", 2, EAST, parent="XM01")
    assert nested([*REGIONS, told]) == ((*REGIONS, told), ())


def test_a_parent_is_read_off_the_code_and_else_seen_on_the_map() -> None:
    districts = [
        Area("XM0201", "Coded", 2, WEST),
        Area("77", "Seen", 2, shapely.box(1.2, 0.2, 1.8, 0.8)),
        Area("78", "Mistold", 2, shapely.box(0.2, 0.2, 0.8, 0.8), parent="XM99"),
        Area("79", "At sea", 2, shapely.box(8, 8, 9, 9)),
        Area("80", "On the line", 2, shapely.box(0.5, 0, 1.5, 1)),
    ]
    areas, notes = nested([*districts, *REGIONS])
    assert [area.parent for area in areas] == ["XM02", "XM02", "XM01", "", "XM01", "", ""]
    assert [area.name for area in areas] == [area.name for area in (*districts, *REGIONS)]
    assert notes == (
        "1 units of level 2 name no known parent: found by their code",
        "3 units of level 2 name no known parent: found by their place",
    )


def test_without_a_coarser_level_nothing_is_made_up() -> None:
    districts = [Area("XM0101", "Far", 2, EAST)]
    assert nested(districts) == (tuple(districts), ())
