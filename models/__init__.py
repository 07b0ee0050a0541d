"""Tables and who may see their rows: Tortoise models, sealed columns, keys, migrations."""

from typing import Any, cast

import tortoise.models


def _no_comments(_: type[object]) -> dict[str, str]:
    return {}


# Tortoise looks for comments of columns in the source of each model, and parses the whole file each time to find them:
# an eighth of the time that the program takes to start. There are none (tests/models/test_start.py).
cast(Any, tortoise.models)._get_comments = _no_comments
