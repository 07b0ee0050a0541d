"""Operations from their text to an answer: limits, cost, validation, plans, and the running of these."""
