"""The nouns: values with no I/O and no knowledge of providers, grids or files."""
