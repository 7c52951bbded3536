"""Explaining: the lineage of one number, from the published figure to the row of the bytes that were read.

Belongs here: the queries put to a release (value_queries.py, regional_figure.py), and their answers as plain data
(explanation_parts.py). The same for many values in SQL: the views value_lineage and aggregate_lineage (sql/main).
Does not belong here: their text for a terminal (pipelines/cli/output/explain_text.py).
"""
