"""WHAT is measured: the definitions a statistician can read, and the one door to them.

Belongs here: YAML and CSV (indicators, code lists, crosswalks, methods, weights, sets), their
model (model.py) and the loader that checks everything against everything (catalog.py).
Does not belong here: where data come from (sources), how they are computed (warehouse).
Imports nothing else of ours.
"""
