"""Editions: signed, frozen copies of the regional baseline, and what today's figures would change in them.

Belongs here: freezing (freeze.py), finding and verifying (edition_store.py), comparing with a release (drift.py) and
saying why (causes.py).
Does not belong here: making the baseline (warehouse/sql/), releases (release/), the command line (pipelines).
"""
