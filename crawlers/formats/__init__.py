"""File formats: one module a family of exports, pure functions of the decoded text."""
