"""
The least that the same answers cost: hand-written servers without GraphQL, and without anything general.

Two of them read the same database, one with a statement for each level and the other with one statement that makes
JSON; a third sends the bytes without a database. They sign in, decrypt, seal cursors and note disclosures as the shop
does, and know the reads and writes that are compared and nothing else. Because the generated shop is so, it is taken
for granted that prices are in euros, nobody is under age, no border is crossed, and each variant lies at one place.
"""
