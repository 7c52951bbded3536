"""The output of the commands: a module for each kind of output, one renderer of tables, one formatter of numbers.

Belongs here: texts, tables and JSON made from data that the caller has read.
Does not belong here: reading the data (pipelines, warehouse), options and exit codes (pipelines/cli).
"""
