"""Ten thousand rules: each is filed by what its condition and its lines need, and a basket runs only those that have a
chance.
"""

from __future__ import annotations

from collections.abc import Sequence

from regulars.engine.rules import RulePlan
from regulars.language import contracts as language
from regulars.language.service import RuleIndex


def indexes(rules: Sequence[RulePlan]) -> tuple[RuleIndex[int], ...]:
    """An index for each schema that rules were checked against; keys are places in `rules`, so that their order is
    kept.
    """
    by_schema: dict[int, tuple[language.Schema, list[tuple[int, language.Expression]]]] = {}
    for place, rule in enumerate(rules):
        expression, schema = rule.whole
        by_schema.setdefault(id(schema), (schema, []))[1].append((place, expression))
    return tuple(RuleIndex(filed, schema) for schema, filed in by_schema.values())
