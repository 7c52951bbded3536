"""THE GRAPH: thin Dagster functions, in the order of the way of the data: raw, staged, computed (the SQL), release.

Belongs here: what depends on what, and what the UI shows of it. Tables pass between sources and warehouse here only.
Does not belong here: parsing (sources), computing (warehouse), schedules and the command line (pipelines).
"""
