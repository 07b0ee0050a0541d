"""Measures what requests cost, against hand-written servers on the same machine in the same run."""
