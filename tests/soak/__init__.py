"""Long tests at random moments: a seeded tenth of them in every test run, all of them with REVIEWER_SOAK=full."""
