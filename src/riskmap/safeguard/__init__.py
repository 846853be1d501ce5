"""Who may see what: tiers and disclosure, between the score and what leaves."""
