"""The clients in `examples/`, built as their readers build them, against a server of the demo shop."""
