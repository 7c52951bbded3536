"""Explaining: the lineage of one number, from the published figure to the row of the bytes that were read.

Belongs here: the questions put to a release, and their answers as plain data.
Does not belong here: their text for a terminal (pipelines/cli/output/explain_text.py).
"""
