"""The graph: thin Dagster functions, in the order of the data flow.

Belongs here: the dependencies of assets, and what the UI shows of them. Only here do tables pass from sources to warehouse.
Does not belong here: parsing (sources), computing (warehouse), schedules and the command line (pipelines).

One file for each stage: raw, reference (the catalogue), staged, computed (all tables that SQL makes), release (audit and
publishing), site. Two single tables of lineage: fetch_table, previous_release.
Shared modules, by subject: home, refresh_lock, workplace (the resource); release_inputs, vintage_cut, release_tolerance;
altered_snapshots, online_fetch, staging_cache, staging_workers; progress_listeners, table_metadata.
"""
