"""What the commands show: a module for each answer, one renderer of tables, one formatter of numbers.

Belongs here: words, tables and JSON made from facts that are handed in.
Does not belong here: collecting the facts (pipelines, warehouse), options and exit codes (pipelines/cli).
"""
