"""The registry of providers: finds sources/providers/*.yaml, checks them, and loads the module of each.

Belongs here: discovery, and parsing a stored snapshot.
Does not belong here: the format of one provider's answers (its module), storing bytes (snapshots.py).
A new provider is one YAML file and one module of the same name in that folder; this module does not change.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from indicator_defs.datasets import DatasetStructure
from indicator_defs.errors import PayungError
from indicator_defs.yaml_lines import field_problem, load_yaml
from sources.provider_spec import DatasetSpec, ProviderSpec

if TYPE_CHECKING:
    from sources.fetching import Fetcher
    from sources.manifests import Manifest
    from sources.parsing import ParsedDataset, Parser
    from sources.snapshots import SnapshotStore

FOLDER = Path(__file__).parent / "providers"
PACKAGE = "sources.providers"

Identifier = Callable[[ProviderSpec, str, bytes], tuple[str, date]]


class RegistryError(PayungError):
    """A provider's YAML file is invalid, or its module is missing; the message names file and line."""


@lru_cache(maxsize=8)
def providers(folder: Path = FOLDER) -> dict[str, ProviderSpec]:
    """All providers by name, in the order of their names.

    Raises RegistryError with every fault as file:line if a YAML file does not match sources/provider_spec.py.
    """
    problems: list[str] = []
    found: dict[str, ProviderSpec] = {}
    for path in sorted(folder.glob("*.yaml")):
        spec = _load(path, problems)
        if spec is not None:
            found[spec.provider] = spec
    if problems:
        raise RegistryError("Invalid provider files:\n  " + "\n  ".join(problems))
    return found


def address_variables() -> list[str]:
    """The environment variables that replace the providers' addresses."""
    return [endpoint.environment for spec in providers().values() for endpoint in spec.endpoints]


def structures() -> list[DatasetStructure]:
    """The structures of all datasets of all providers, in the order of provider and file."""
    return [dataset for spec in providers().values() for dataset in spec.datasets]


def provider(name: str) -> ProviderSpec:
    """The provider of that name. Raises RegistryError, with the names of all providers, if there is none."""
    by_name = providers()
    if name not in by_name:
        raise RegistryError(f"Unknown source {name!r}. Use one of: {', '.join(by_name)}.")
    return by_name[name]


def dataset(provider_name: str, dataset_name: str) -> DatasetSpec:
    """One dataset's structure. Raises RegistryError, with the names of all datasets, if there is none."""
    spec = provider(provider_name)
    for candidate in spec.datasets:
        if candidate.dataset == dataset_name:
            return candidate
    raise RegistryError(
        f"Unknown dataset {dataset_name!r} of {provider_name}. Use one of: {', '.join(d.dataset for d in spec.datasets)}."
    )


def parser(provider_name: str) -> Parser:
    """The function `parse(dataset, files)` of the provider's module.

    Raises RegistryError if the module or the function is missing.
    """
    provider(provider_name)
    module_name = f"{PACKAGE}.{provider_name}"
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name != module_name:
            raise
        raise RegistryError(
            f"sources/providers/{provider_name}.yaml: no module found, expected sources/providers/{provider_name}.py with "
            "a function parse(dataset, files)."
        ) from error
    parse: Parser | None = getattr(module, "parse", None)
    if parse is None:
        raise RegistryError(f"sources/providers/{provider_name}.py: expected a function parse(dataset, files).")
    return parse


def provider_fed_by(place: str) -> ProviderSpec:
    """The provider with `fed_by: PLACE` in its file. Raises RegistryError unless there is exactly one."""
    found = [spec for spec in providers().values() if spec.fed_by == place]
    if len(found) != 1:
        raise RegistryError(
            f"Found {len(found)} providers with `fed_by: {place}` ({', '.join(s.provider for s in found) or 'none'}), "
            "expected one. Correct sources/providers/*.yaml."
        )
    return found[0]


def identifier(provider_name: str) -> Identifier:
    """The function `identify(spec, file, body)` of the provider's module: dataset and vintage date of a file.

    Raises RegistryError if the function is missing.
    """
    module = importlib.import_module(f"{PACKAGE}.{provider(provider_name).provider}")
    identify: Identifier | None = getattr(module, "identify", None)
    if identify is None:
        raise RegistryError(f"sources/providers/{provider_name}.py: expected a function identify(spec, file, body).")
    return identify


def parse_snapshot(store: SnapshotStore, manifest: Manifest) -> ParsedDataset:
    """The parsed table of one stored snapshot (columns: see sources/parsing.py).

    The bytes are checked against the manifest's sha256. Series and areas of the table must be among the requested ones;
    warnings name requested series and areas without rows. Raises SnapshotError (altered bytes) and SourceError
    (content) with provider, snapshot and file.
    """
    from sources.parsing import (
        LARGEST_UNPACKED,
        IncompleteError,
        SourceError,
        check_requested,
        no_collection,
        reading,
        requested_areas_only,
    )

    spec = dataset(manifest.provider, manifest.dataset)
    limits = provider(manifest.provider).limits
    limit = LARGEST_UNPACKED if limits is None else limits.answer_bytes
    place = f"{spec.path}, snapshot {manifest.snapshot_id}"
    try:
        with reading(place):
            with no_collection():
                parsed = parser(manifest.provider)(spec, store.files(manifest, limit))
            parsed = requested_areas_only(spec, parsed, manifest.areas_asked)
            # A file for all places has one of several codes for an area; missing areas were reported at the download.
            return check_requested(
                parsed, manifest.series_asked, manifest.areas_asked if spec.requested_by_area else []
            )
    except IncompleteError as error:
        error.args = (
            f"{error} Remove the snapshot's folder {store.folder(manifest)}, then run "
            "`payung refresh --online --force`.",
        )
        raise error.within(place) from error
    except SourceError as error:
        raise error if str(error).startswith(place) else error.within(place) from error


def no_endpoint(provider_name: str) -> str:
    """The message for a provider without endpoints."""
    return f"{provider_name} has no endpoint; its files come from the inbox or the archive. Leave it out of --source."


def fetcher(provider_name: str) -> Fetcher:
    """The provider's `what_changed` and `fetch`.

    Raises RegistryError if the provider has no endpoint, or its module lacks one of the functions.
    """
    from sources.fetching import Fetcher

    if not provider(provider_name).endpoints:
        raise RegistryError(no_endpoint(provider_name))
    module = importlib.import_module(f"{PACKAGE}.{provider_name}")
    what_changed, fetch = getattr(module, "what_changed", None), getattr(module, "fetch", None)
    if what_changed is None or fetch is None:
        raise RegistryError(f"sources/providers/{provider_name}.py: expected the functions what_changed and fetch.")
    return Fetcher(what_changed, fetch)


def _load(path: Path, problems: list[str]) -> ProviderSpec | None:
    label = f"sources/{path.parent.name}/{path.name}"
    data, lines = load_yaml(path, label, problems)
    if data is None:
        return None
    if not isinstance(data, dict):
        problems.append(f"{label}:1: expected `field: value` lines, found {type(data).__name__}")
        return None
    shared = data.pop("columns", [])
    data = _complete(data, shared)
    try:
        spec = ProviderSpec.model_validate(data)
    except ValidationError as error:
        for e in error.errors():
            path_in_file = tuple(p for p in e["loc"] if p != "function-after")
            match path_in_file:
                case ("datasets", number, "columns", int(column), *rest):
                    # Shared columns come before the dataset's own in the joined list.
                    own = column - _shared_count(data["datasets"][number], shared)
                    path_in_file = (
                        ("columns", column, *rest) if own < 0 else ("datasets", number, "columns", own, *rest)
                    )
            problems.append(f"{label}:{lines.at(path_in_file)}: {field_problem(ProviderSpec, e)}")
        return None
    if spec.provider != path.stem:
        problems.append(
            f"{label}:{lines.at(('provider',))}: provider: found {spec.provider!r}, expected {path.stem!r} as in the file "
            "name"
        )
        return None
    return spec


def _complete(data: dict[str, Any], shared: Any) -> dict[str, Any]:
    """Datasets with the fields that they inherit from their provider, and the shared columns."""
    datasets = data.get("datasets")
    if not isinstance(datasets, list):
        return data
    full = []
    for entry in datasets:
        if not isinstance(entry, dict):
            full.append(entry)
            continue
        inherited = {
            k: data[k] for k in ("provider", "licence", "attribution", "terms_url", "vintage_rule") if k in data
        }
        own = entry.get("columns", [])
        columns = [*shared[: _shared_count(entry, shared)], *own] if isinstance(own, list) else own
        if entry.get("shape") == "records" and isinstance(own, list):
            columns = [{"role": "record", **column} if isinstance(column, dict) else column for column in own]
        full.append({**inherited, **entry, "columns": columns})
    return {**data, "datasets": full}


def _shared_count(entry: Any, shared: Any) -> int:
    """The number of shared columns that a dataset inherits; records have only their own columns."""
    inherits = isinstance(shared, list) and isinstance(entry, dict) and entry.get("shape") != "records"
    return len(shared) if inherits else 0
