"""Answers rebuilt from gathered data in the format of each provider; NAME.py is found by the provider's name.

Belongs here: NAME.py with one function, `rebuild(store, gathered)`, which yields the manifests of the new snapshots.
Does not belong here: what several providers share (archive_tools), and parsing such answers (sources/providers).
"""
