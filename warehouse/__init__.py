"""HOW the figures are kept and computed.

Belongs here, one folder a stage of a figure's life: build/ (makes the tables: the engine, staging, the audit), release/
(publishes them, keeps and removes releases), query/ (read-only SQL), compare/ (two releases), explain/ (one number),
edition/ (signed copies), export/ (workbook, site, figures, packages). sql/, checks/ and tables/ hold the queries, the
checks and the descriptions of the tables. The only folder that imports duckdb.
Does not belong here: HTTP and parsing (sources), Dagster (assets, pipelines).
"""
