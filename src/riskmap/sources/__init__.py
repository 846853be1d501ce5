"""Providers: each module reads one of them, as it really publishes, into a `Layer`."""
