"""THE GRAPH: thin Dagster functions, one file per stage, in the order of the way of the data.

Belongs here: what depends on what, and what the UI shows of it. Tables pass between sources and warehouse here only.
Does not belong here: parsing (sources), computing (warehouse), schedules and the command line (pipelines).
"""
