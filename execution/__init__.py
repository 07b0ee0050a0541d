"""Operations on their way from text to an answer: limits, analysis, validation, caching."""
