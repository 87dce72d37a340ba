"""Page parsers: pure functions of a saved response, one module an engine."""
