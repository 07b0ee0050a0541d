"""Tables and who may see their rows: Tortoise models, sealed columns, keys, migrations."""
