"""Shelves: published snapshots on disk, whole or not at all; this room knows tables, not meanings."""
