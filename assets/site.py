"""The static site of a release, made after publication by runs of the UI and of schedules.

On the command line, `payung export` makes it. The site itself is in warehouse/export/site.
"""

from collections.abc import Iterator

import dagster as dg

from assets.progress_listeners import report
from assets.release import RELEASE
from assets.workplace import Workplace
from warehouse.export import export

SITE = dg.AssetKey(["release", "site"])
SITE_CHECK = "shows_the_release"


@dg.asset(
    key=SITE,
    deps=[RELEASE],
    group_name="release",
    description="The static site of the current release, in the folder site/ of the home, replaced in one step. "
    "`payung refresh` does not make it; `payung export --only site` makes it in any folder.",
    kinds={"html"},
    output_required=False,
    check_specs=[dg.AssetCheckSpec(SITE_CHECK, asset=SITE, description="The site could not be made (warns)")],
)
def site(
    context: dg.AssetExecutionContext, workplace: Workplace
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Makes the site unless it already shows the current release.

    An error is reported as a warning and by a notice (pipelines/sensors.py): the release remains published, so the run
    must not fail.
    """
    release = workplace.releases.current()
    if workplace.vintage_cut.as_of is not None or release is None:
        yield dg.AssetCheckResult(
            asset_key=SITE, check_name=SITE_CHECK, passed=True, description="Builds as of a date have no site."
        )
        return
    from warehouse.export.site import shown_release

    home = workplace.releases.home
    try:
        if shown_release(home / "site") != release.name:
            export(release, home, ["site"])
    except Exception as error:  # any error: the release is published, so the run must not fail
        problem = f"Release {release.name} is published, but its site could not be made: {error}"
        context.log.exception(problem)
        yield dg.AssetCheckResult(
            asset_key=SITE,
            check_name=SITE_CHECK,
            passed=False,
            severity=dg.AssetCheckSeverity.WARN,
            description=problem,
        )
        return
    report("release.site", release.name)
    yield dg.MaterializeResult(
        metadata={
            "release": dg.MetadataValue.text(release.name),
            "first page": dg.MetadataValue.path(str(home / "site" / "index.html")),
        },
        check_results=[dg.AssetCheckResult(asset_key=SITE, check_name=SITE_CHECK, passed=True)],
    )
