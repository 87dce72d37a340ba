"""The nouns every part shares: frozen dataclasses and protocols, no I/O, no third-party import."""
