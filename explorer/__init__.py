"""The schema explorer: a page on which one asks as one viewer or another and sees what is withheld."""
