"""Word templates and the scripts that build them."""
