"""
The least that the same answers cost: hand-written servers without GraphQL, and without anything general.

Two of them read the same database, one with a statement for each level and the other with one statement that makes
JSON; a third sends the bytes without a database. They sign in, decrypt and seal cursors as the shop does, and know the
five reads that are compared and nothing else. That prices are in euros and that nobody is under age is taken for
granted, because the generated shop is so.
"""
