"""The migrations of the shop's database, by number; `python -m models.migrating make NAME` adds one."""
