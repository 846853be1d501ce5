"""Routes, one file for each part of the service's address space."""
