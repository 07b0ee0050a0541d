"""Holds the shape of the code: who imports whom, and what a file may not do."""
