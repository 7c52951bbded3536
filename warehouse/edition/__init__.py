"""Editions: signed, frozen copies of the regional baseline, and their differences from later releases.

Belongs here: freezing (freeze.py), finding and verifying (edition_store.py), comparing with a release (drift.py,
sentences.py, definition_changes.py) and finding the causes of differences (causes.py).
Does not belong here: making the baseline (warehouse/sql/), releases (release/), the command line (pipelines).
"""
