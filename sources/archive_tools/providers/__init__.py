"""Answers rebuilt from gathered data, one module for each provider, in that provider's own shape; found by name.

Belongs here: NAME.py with one function, `rebuild(store, gathered)`, which yields the manifests of the snapshots made.
Does not belong here: what holds for several providers (archive_tools), and reading such answers (sources/providers).
"""
