"""Comparing: the differences between two releases, and those that exceed the tolerances.

Belongs here: the comparisons in sql/, and applying the tolerances of the catalogue to them.
Does not belong here: editions and their drift (edition/), and showing differences (pipelines/cli/output).
"""
