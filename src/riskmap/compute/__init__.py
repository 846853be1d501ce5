"""Hands: where a pure function is mapped over parts of a task; this room knows tasks, not meanings."""
