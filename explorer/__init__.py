"""The schema explorer: ask as one viewer or another, and see what is withheld."""
