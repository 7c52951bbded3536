-- quality.newest_rejection: the newest rejected value of each expected figure. A value belongs to every breakdown in
-- which its cell differs from the headline; the headline cell belongs only to the headline.
WITH cell_breakdown AS (
    SELECT r.indicator, r.cell, b.breakdown
    FROM (SELECT DISTINCT indicator, cell FROM quality.rejected_value) AS r
    JOIN reference.indicator AS i ON i.indicator = r.indicator
    CROSS JOIN reference.breakdown AS b
    WHERE split_part(r.cell, '|', b.position) <> split_part(i.headline_cell, '|', b.position)
    UNION ALL
    SELECT r.indicator, r.cell, 'headline' AS breakdown
    FROM (SELECT DISTINCT indicator, cell FROM quality.rejected_value) AS r
    JOIN reference.indicator AS i ON i.indicator = r.indicator AND i.headline_cell = r.cell
)
SELECT e.indicator, e.ref_area, e.breakdown, r.time_period, r.rejection
FROM quality.expected_figure AS e
JOIN quality.rejected_value AS r ON r.indicator = e.indicator AND r.ref_area = e.ref_area
JOIN cell_breakdown AS b ON b.indicator = r.indicator AND b.cell = r.cell AND b.breakdown = e.breakdown
QUALIFY row_number() OVER (
    PARTITION BY e.indicator, e.ref_area, e.breakdown ORDER BY r.time_period DESC NULLS LAST, r.rejection DESC
) = 1
