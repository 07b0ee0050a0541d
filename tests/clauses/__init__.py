"""Takes the policy away piece by piece, and sees that the tests notice."""
