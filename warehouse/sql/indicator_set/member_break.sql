-- indicator_set.member_break: the breaks declared in a member's series between its value in a regional figure and the
-- one that represents it at the baseline year (if it has none: between its value and the baseline year).
WITH member AS (  -- only members whose series has a declared break at any time: few rows
    SELECT a.*
    FROM indicator_set.aggregate_member AS a
    SEMI JOIN reference.series_break AS b
        ON b.indicator = a.indicator AND b.ref_area = a.ref_area AND b.decided = 'break'
),
member_and_baseline AS (
    SELECT
        a.indicator, a.area_group, a.reference_year, a.cell, a.ref_area, a.value_year,
        coalesce(o.value_year, s.baseline_year) AS baseline_value_year,
        m.kind <> 'mean' OR a.weight_value IS NOT NULL AS counts
    FROM member AS a
    CROSS JOIN reference.settings AS s
    JOIN reference.indicator AS i ON i.indicator = a.indicator
    JOIN reference.method AS m ON m.method = i.method
    LEFT JOIN member AS o
        ON o.indicator = a.indicator AND o.cell = a.cell AND o.area_group = a.area_group AND o.ref_area = a.ref_area
        AND o.reference_year = s.baseline_year
)
SELECT
    a.indicator, a.area_group, a.reference_year, a.cell, a.ref_area, b.break_year, a.value_year, a.baseline_value_year,
    a.counts, b.why, b.break_file
FROM member_and_baseline AS a
JOIN reference.series_break AS b
    ON b.indicator = a.indicator AND b.ref_area = a.ref_area AND b.decided = 'break'
    AND b.break_year > least(a.value_year, a.baseline_value_year)
    AND b.break_year <= greatest(a.value_year, a.baseline_value_year)
ORDER BY indicator, area_group, reference_year, cell, ref_area, break_year
