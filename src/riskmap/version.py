"""The version that snapshots are stamped with; the same as the package's."""

VERSION = "0.1.0"
