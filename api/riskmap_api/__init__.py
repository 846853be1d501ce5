"""The service: riskmap over HTTP, and nothing but HTTP."""
