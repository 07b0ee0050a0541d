"""What can be done in the shop: one verb for each function, each a transaction."""
