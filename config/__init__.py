"""Facts of the company as data: settings, clock, seed YAML and the readers that check it."""
