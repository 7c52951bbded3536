"""Where the data come from: requesting them from providers, keeping what they sent, and reading it.

Belongs here: providers/ (one module and one YAML file each; nothing else names a provider), what they share (http,
fetching, page_cache, dataset_refresh, parsing, registry, provider_spec), the store (snapshots, manifests,
newest_vintages), submissions/ (what a Member State hands in), archive/ and archive_tools/.
Does not belong here: what figures mean (indicator_defs) and how they are kept and computed (warehouse).
"""
