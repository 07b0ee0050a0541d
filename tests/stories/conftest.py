"""Gives every story the shop that it is told of."""

from tests.stories.steps import story

__all__ = ["story"]
