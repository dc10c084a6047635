"""Long tests at random moments: a seeded twentieth of them in every test run, all of them with REVIEWER_SOAK=full."""
