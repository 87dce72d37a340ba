"""Spiders: what to request, in which order, how slowly; one class an engine."""
