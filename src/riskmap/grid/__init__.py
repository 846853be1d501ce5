"""The grid: from records and where they say they are, to values on cells and periods."""
