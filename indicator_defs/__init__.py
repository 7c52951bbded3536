"""WHAT is measured: the definitions a statistician can read, and the one door to them.

Belongs here: YAML and CSV (indicators, code lists, crosswalks, methods, weights, sets); one module a subject, which has
from top to bottom its fields, reading, checking and the rows of its `reference.*` tables; the list of subjects
(catalog.py) and the list of tables (tables.py). A new kind of definition is one data file, one module, and one line in
each of these two lists.
Does not belong here: where data come from (sources), how they are computed (warehouse).
Imports nothing else of ours.
"""
