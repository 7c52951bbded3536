"""After the release: the static site of it, made by runs of the UI and of the schedules.

Belongs here: when the site is made, and what becomes of a run whose site cannot be made.
Does not belong here: the site itself (warehouse/export/site). The command line leaves it to `payung export`.
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
    description="The static site of the current release in the home's folder site/, swapped in whole. "
    "`payung refresh` does not make it; `payung export --only site` makes it anywhere.",
    kinds={"html"},
    output_required=False,
    check_specs=[
        dg.AssetCheckSpec(SITE_CHECK, asset=SITE, description="The site could be made and shows the release (warns)")
    ],
)
def site(
    context: dg.AssetExecutionContext, workplace: Workplace
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Makes the site unless it shows the current release already.

    What goes wrong here is reported as a warning (and by a notice, pipelines/sensors.py): the release remains, and the run
    that published it has not failed.
    """
    release = workplace.releases.current()
    if workplace.vintage_cut.as_of is not None or release is None:
        yield dg.AssetCheckResult(
            asset_key=SITE, check_name=SITE_CHECK, passed=True, description="A build as of a date gets no site."
        )
        return
    from warehouse.export.site import shown_release

    home = workplace.releases.home
    try:
        if shown_release(home / "site") != release.name:
            export(release, home, ["site"])
    except Exception as error:  # whatever it is, the release is out: the run must not count as failed
        problem = f"Release {release.name} is published, its site could not be made: {error}"
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
