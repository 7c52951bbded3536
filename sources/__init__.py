"""Data sources: requests to providers, storage of what they send, and parsing.

Belongs here: providers/ (one module and one YAML file each; nothing else names a provider), what they share (http,
fetching, page_cache, dataset_refresh, parsing, registry, provider_spec), the store (snapshots, manifests,
newest_vintages), submissions/ (files that Member States submit), archive/ and archive_tools/.
Does not belong here: the meaning of figures (indicator_defs), their storage and computation (warehouse).
"""
