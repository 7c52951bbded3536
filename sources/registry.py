"""Which providers there are: finds sources/providers/*.yaml, checks them, and joins each to its module.

Belongs here: discovery, and the one way from a kept snapshot to its parsed table.
Does not belong here: how one provider's answer is read (its own module), or keeping bytes (snapshots.py).
Adding a provider is one YAML file and one module of the same name in that folder; nothing is edited here.
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
from indicator_defs.yaml_lines import load_yaml
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
    """A provider's YAML file is wrong, or its module is missing; the message names file and line."""


@lru_cache(maxsize=8)
def providers(folder: Path = FOLDER) -> dict[str, ProviderSpec]:
    """All providers by name, in the order of their names.

    Raises RegistryError listing every fault as file:line when a YAML file is not as sources/provider_spec.py says.
    """
    problems: list[str] = []
    found: dict[str, ProviderSpec] = {}
    for path in sorted(folder.glob("*.yaml")):
        spec = _load(path, problems)
        if spec is not None:
            found[spec.provider] = spec
    if problems:
        raise RegistryError("The provider files are not in order:\n  " + "\n  ".join(problems))
    return found


def address_variables() -> list[str]:
    """The variables of the environment that replace a provider's address, as the providers' files name them."""
    return [endpoint.environment for spec in providers().values() for endpoint in spec.endpoints]


def structures() -> list[DatasetStructure]:
    """The structures of all datasets of all providers, in the order of provider and file."""
    return [dataset for spec in providers().values() for dataset in spec.datasets]


def provider(name: str) -> ProviderSpec:
    """The provider of that name; RegistryError naming the known ones when there is none."""
    by_name = providers()
    if name not in by_name:
        raise RegistryError(f"Unknown source {name!r}. Known sources: {', '.join(by_name)}.")
    return by_name[name]


def dataset(provider_name: str, dataset_name: str) -> DatasetSpec:
    """One dataset's structure; RegistryError naming the known ones when there is none."""
    spec = provider(provider_name)
    for candidate in spec.datasets:
        if candidate.dataset == dataset_name:
            return candidate
    raise RegistryError(
        f"Unknown dataset {dataset_name!r} of {provider_name}. Known: {', '.join(d.dataset for d in spec.datasets)}."
    )


def parser(provider_name: str) -> Parser:
    """The function `parse(dataset, files)` of the provider's module.

    Raises RegistryError when the module is missing or has no such function.
    """
    provider(provider_name)
    module_name = f"{PACKAGE}.{provider_name}"
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name != module_name:
            raise
        raise RegistryError(
            f"sources/providers/{provider_name}.yaml has no module: expected sources/providers/{provider_name}.py with a "
            "function parse(dataset, files)."
        ) from error
    parse: Parser | None = getattr(module, "parse", None)
    if parse is None:
        raise RegistryError(f"sources/providers/{provider_name}.py has no function parse(dataset, files).")
    return parse


def provider_fed_by(place: str) -> ProviderSpec:
    """The one provider whose file says `fed_by: PLACE`; RegistryError when there is none, or several."""
    found = [spec for spec in providers().values() if spec.fed_by == place]
    if len(found) != 1:
        raise RegistryError(
            f"Found {len(found)} providers with `fed_by: {place}` ({', '.join(s.provider for s in found) or 'none'}), "
            "expected one. Correct sources/providers/*.yaml."
        )
    return found[0]


def identifier(provider_name: str) -> Identifier:
    """The function `identify(spec, file, body)` of the provider's module: dataset and vintage date of a file.

    Raises RegistryError when the module has no such function.
    """
    module = importlib.import_module(f"{PACKAGE}.{provider(provider_name).provider}")
    identify: Identifier | None = getattr(module, "identify", None)
    if identify is None:
        raise RegistryError(f"sources/providers/{provider_name}.py has no function identify(spec, file, body).")
    return identify


def parse_snapshot(store: SnapshotStore, manifest: Manifest) -> ParsedDataset:
    """The parsed table of one kept snapshot (columns: see sources/parsing.py).

    The bytes are checked against the manifest's sha256 while they are read. Series and areas that come
    back must be among those asked for; series asked for that brought no row are named in the warnings.
    Raises SnapshotError (altered bytes) and SourceError (content), naming provider, snapshot and file.
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
            # A file for all places writes an area in one of several ways; which are lacking was told when it was fetched.
            return check_requested(
                parsed, manifest.series_asked, manifest.areas_asked if spec.requested_by_area else []
            )
    except IncompleteError as error:
        error.args = (
            f"{error} The snapshot is in {store.folder(manifest)}: remove that folder, then run "
            "`payung refresh --online --force`.",
        )
        raise error.within(place) from error
    except SourceError as error:
        raise error if str(error).startswith(place) else error.within(place) from error


def fetcher(provider_name: str) -> Fetcher:
    """The provider's `what_changed` and `fetch`.

    Raises RegistryError when the provider has no address, or its module has not both functions.
    """
    from sources.fetching import Fetcher

    if not provider(provider_name).endpoints:
        raise RegistryError(
            f"{provider_name} has no address to ask: its files are put in by hand. Leave it out of --source."
        )
    module = importlib.import_module(f"{PACKAGE}.{provider_name}")
    what_changed, fetch = getattr(module, "what_changed", None), getattr(module, "fetch", None)
    if what_changed is None or fetch is None:
        raise RegistryError(f"sources/providers/{provider_name}.py has not both functions what_changed and fetch.")
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
            where = tuple(p for p in e["loc"] if p != "function-after")
            name = ".".join(str(p) for p in where) or "provider"
            if len(where) > 3 and where[0] == "datasets" and where[2] == "columns" and isinstance(where[3], int):
                # Shared columns come before the dataset's own in the joined list.
                own = where[3] - _shared_count(data["datasets"][where[1]], shared)
                where = ("columns", where[3], *where[4:]) if own < 0 else (*where[:3], own, *where[4:])
            found = "" if e["type"] in ("missing", "value_error") else f", found {e['input']!r}"
            problems.append(f"{label}:{lines.at(where)}: {name}: {e['msg']}{found}")
        return None
    if spec.provider != path.stem:
        problems.append(
            f"{label}:{lines.at(('provider',))}: provider is {spec.provider!r}, the file says {path.stem!r}; "
            "file and provider have one name"
        )
        return None
    return spec


def _complete(data: dict[str, Any], shared: Any) -> dict[str, Any]:
    """Datasets with what they take over from their provider: name, licence, attribution, shared columns."""
    datasets = data.get("datasets")
    if not isinstance(datasets, list):
        return data
    full = []
    for entry in datasets:
        if not isinstance(entry, dict):
            full.append(entry)
            continue
        taken = {k: data[k] for k in ("provider", "licence", "attribution") if k in data}
        own = entry.get("columns", [])
        columns = [*shared[: _shared_count(entry, shared)], *own] if isinstance(own, list) else own
        if entry.get("shape") == "records" and isinstance(own, list):
            columns = [{"role": "record", **column} if isinstance(column, dict) else column for column in own]
        full.append({**taken, **entry, "columns": columns})
    return {**data, "datasets": full}


def _shared_count(entry: Any, shared: Any) -> int:
    """How many of a provider's shared columns a dataset has: records have columns of their own only."""
    takes_over = isinstance(shared, list) and isinstance(entry, dict) and entry.get("shape") != "records"
    return len(shared) if takes_over else 0
