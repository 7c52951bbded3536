"""Comparing: what differs between two states of the warehouse, and what of it needs an accepted reason.

Belongs here: the comparisons in sql/, and the tolerances of the catalogue applied to them.
Does not belong here: editions and their drift (edition/), and printing a difference (pipelines/cli/output).
"""
