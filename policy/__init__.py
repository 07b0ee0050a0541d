"""The privacy policy as data: classes of personal data, parties, clauses, and the one function that decides."""
