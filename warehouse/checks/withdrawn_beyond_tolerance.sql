-- severity: warns
-- as of: informs
-- description: No indicator lost more of the cells that the release before had than the tolerance allows
WITH limits AS (
    SELECT
        coalesce(max(value) FILTER (WHERE quantity = 'share'), 0) AS share,
        coalesce(max(value) FILTER (WHERE quantity = 'cells'), 0) AS cells
    FROM reference.check_tolerance
    WHERE check_name = 'withdrawn_beyond_tolerance'
),
counted AS (
    SELECT
        p.indicator, min(p.release) AS release_before, count(*) AS values_before,
        count(*) FILTER (WHERE v.indicator IS NULL) AS values_gone,
        string_agg(DISTINCT CASE WHEN v.indicator IS NULL THEN p.ref_area END, ', ' ORDER BY CASE WHEN v.indicator IS NULL THEN p.ref_area END)
            AS areas
    FROM lineage.previous_value AS p
    LEFT JOIN indicator_set.value AS v
        ON v.indicator = p.indicator AND v.ref_area = p.ref_area AND v.time_period = p.time_period AND v.cell = p.cell
    GROUP BY p.indicator
)
SELECT c.indicator, c.values_gone, c.values_before, c.areas, c.release_before
FROM counted AS c
CROSS JOIN limits AS l
WHERE c.values_gone > l.cells AND c.values_gone > l.share * c.values_before
