"""Actions: one verb for each function, each a transaction."""
