"""HOW the figures are kept and computed.

Belongs here: table metadata, staging checks, the SQL that harmonises, chooses and aggregates, the
release, queries and exports. The only folder that imports duckdb.
Does not belong here: HTTP and parsing (sources), Dagster (assets, pipelines).
"""
