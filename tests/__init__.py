"""The tests, whose shared modules tell of a failed `assert` what was compared, as the test modules do."""

import pytest

pytest.register_assert_rewrite("tests.commerce", "tests.graphql", "tests.models", "tests.server")
