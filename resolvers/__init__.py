"""Reads and writes behind the fields: rows in, rows out, no GraphQL types."""
