-- quality.nearest_cell: the cell that is published instead of a missing figure: for the headline any cell, for a
-- breakdown a cell by this and other breakdowns. The cell that differs from the headline in the fewest breakdowns, in
-- its newest year.
WITH nearest AS (
    SELECT e.indicator, e.ref_area, e.breakdown, v.time_period, v.cell, v.breakdown_family
    FROM quality.expected_figure AS e
    JOIN indicator_set.value AS v ON v.indicator = e.indicator AND v.ref_area = e.ref_area
    WHERE e.n_values = 0 AND (e.breakdown = 'headline' OR strpos('+' || v.breakdown_family || '+', '+' || e.breakdown || '+') > 0)
    QUALIFY row_number() OVER (
        PARTITION BY e.indicator, e.ref_area, e.breakdown
        ORDER BY length(v.breakdown_family) - length(replace(v.breakdown_family, '+', '')), v.time_period DESC, v.cell
    ) = 1
)
SELECT
    n.indicator, n.ref_area, n.breakdown, n.time_period,
    string_agg(coalesce(c.name, split_part(n.cell, '|', b.position)), ', ' ORDER BY b.breakdown) AS code_names
FROM nearest AS n
JOIN reference.breakdown AS b ON strpos('+' || n.breakdown_family || '+', '+' || b.breakdown || '+') > 0
LEFT JOIN reference.code AS c ON c.codelist = b.breakdown AND c.code = split_part(n.cell, '|', b.position)
GROUP BY n.indicator, n.ref_area, n.breakdown, n.time_period
