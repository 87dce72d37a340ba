"""The line: joins facts, decisions and the world, one step a file."""
