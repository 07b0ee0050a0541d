"""The rules on sight: each names the clause that it rests on, and none knows of any other."""

from policy.rules.masks import MASKS
from policy.rules.permits import PERMITS
from policy.rules.prohibitions import PROHIBITIONS
from policy.rules.rule import Effect, Rule

__all__ = ["RULES", "Effect", "Rule"]

RULES: tuple[Rule, ...] = (*PERMITS, *MASKS, *PROHIBITIONS)
