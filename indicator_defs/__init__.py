"""WHAT is measured: the definitions that a statistician can read, and the code that reads and checks them.

Belongs here: YAML and CSV files (indicators, code lists, crosswalks, methods, weights, sets); one module for each
subject, with its fields, its reading and checking, and the rows of its `reference.*` tables; the list of subjects
(catalog.py) and the list of tables (tables.py). A new kind of definition needs one data file, one module, and one line in
each of these two lists.
Does not belong here: where data come from (sources), how they are computed (warehouse).
Imports no other package of this project.
"""
