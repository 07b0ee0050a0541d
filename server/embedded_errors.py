"""Why the embedded clusters cannot be used."""


class EmbeddedUnavailable(Exception):
    """The embedded PostgreSQL cannot be run; the text is one sentence and names the remedy."""
