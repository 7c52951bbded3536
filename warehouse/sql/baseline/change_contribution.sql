-- baseline.change_contribution: the contribution of each member to the change of a group, over the members with
-- comparable values at both ends. Mean: share of weight x value, latest minus baseline. Sum: value, latest minus
-- baseline. None for medians.
WITH both_ends AS (
    SELECT
        b.indicator, b.area_group, b.ref_area, b.cell, m.kind,
        (b.value_low + b.value_high) / 2 AS baseline_value, b.weight_value AS baseline_weight,
        (l.value_low + l.value_high) / 2 AS latest_value, l.weight_value AS latest_weight
    FROM reference.settings AS s
    JOIN indicator_set.aggregate_member AS b ON b.reference_year = s.baseline_year
    JOIN indicator_set.aggregate_member AS l
        ON l.reference_year = s.latest_reference_year AND l.indicator = b.indicator AND l.area_group = b.area_group
        AND l.ref_area = b.ref_area AND l.cell = b.cell
    JOIN baseline.country_value AS c
        ON c.indicator = b.indicator AND c.ref_area = b.ref_area AND c.cell = b.cell AND c.comparable
    JOIN reference.indicator AS i ON i.indicator = b.indicator
    JOIN reference.method AS m ON m.method = i.method
    WHERE m.kind IN ('mean', 'sum')
        AND (m.kind = 'sum' OR (b.weight_value IS NOT NULL AND l.weight_value IS NOT NULL))
)
SELECT
    indicator, area_group, cell, ref_area, baseline_value, baseline_weight, latest_value, latest_weight,
    CASE kind
        WHEN 'sum' THEN latest_value - baseline_value
        ELSE
            latest_value * latest_weight / nullif(sum(latest_weight) OVER whole, 0)
            - baseline_value * baseline_weight / nullif(sum(baseline_weight) OVER whole, 0)
    END AS contribution
FROM both_ends
WINDOW whole AS (  -- ordered, so that every run gives the same sum
    PARTITION BY indicator, area_group, cell
    ORDER BY ref_area ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
)
ORDER BY indicator, area_group, cell, ref_area
