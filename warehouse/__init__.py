"""HOW the figures are stored and computed.

Belongs here: build/ (makes the tables: engine, staging, audit), release/ (publishes, stores and removes releases),
query/ (read-only SQL), compare/ (two releases), explain/ (the lineage of one number), edition/ (signed copies), export/
(workbook, site, figures, packages). sql/, checks/ and tables/ contain the queries, the checks and the descriptions of
the tables. This is the only package that imports duckdb.
Does not belong here: HTTP and parsing (sources), Dagster (assets, pipelines).
"""
