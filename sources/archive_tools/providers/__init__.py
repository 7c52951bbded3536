"""Answers rebuilt from gathered data, one module for each provider, in that provider's own shape."""
