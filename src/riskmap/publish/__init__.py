"""Bytes that leave: tiles, columns and files, made from a snapshot and from nothing else."""
