"""Scoring: from a cube to an index, as arithmetic on columns, steered by one TOML file an index."""
