"""Runs the command line as `python -m server`."""

from server.cli import main

main()
