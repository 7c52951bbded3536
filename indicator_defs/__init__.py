"""WHAT is measured: the definitions a statistician can read, and the one door to them.

Belongs here: YAML and CSV (indicators, code lists, crosswalks, methods, weights, sets), their model (model.py), one
module for each kind of file that reads it and checks it against the others, and the loader of them all (catalog.py).
Does not belong here: where data come from (sources), how they are computed (warehouse).
Imports nothing else of ours.
"""
