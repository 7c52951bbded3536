"""Explaining: the lineage of one number, from the published figure to the row in the downloaded file.

Belongs here: the queries on a release (value_queries.py, regional_figure.py), and their results as plain data
(explanation_parts.py). For many values in SQL there are the views value_lineage and aggregate_lineage (sql/main).
Does not belong here: the text for a terminal (pipelines/cli/output/explain_text.py).
"""
