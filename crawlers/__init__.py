"""Spiders decide what to request; page parsers, pure functions, decide what a response says."""
