"""`python -m riskmap` is the `riskmap` command."""

from riskmap.cli import main

main()
