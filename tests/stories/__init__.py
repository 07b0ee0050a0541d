"""Whole stories over HTTP, which also write the pages that tell them."""
