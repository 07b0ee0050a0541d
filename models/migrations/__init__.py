"""The migrations of the shop's database, in the order of their numbers; `python -m models.migrating make NAME` adds one."""
