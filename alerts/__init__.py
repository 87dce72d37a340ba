"""Decisions: findings, levels, alerts, cases and their clocks; pure, `now` is an argument."""
