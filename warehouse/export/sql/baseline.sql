-- Baseline and latest value, with the reason for each gap. $headline true: headline cells, with a row for every member
-- and, if the indicator has a source, every group. $headline false: cells of the breakdowns that have a value.
WITH years_with_values AS (
    SELECT indicator, ref_area, cell, min(time_period) AS first_year, max(time_period) AS last_year
    FROM indicator_set.value
    GROUP BY indicator, ref_area, cell
),
exported_cell AS (
    SELECT v.indicator, v.ref_area, v.cell FROM baseline.value AS v WHERE v.is_headline = $headline
    UNION
    SELECT i.indicator, a.ref_area, i.headline_cell
    FROM ordered_indicator AS i
    JOIN ordered_area AS a ON a.area_type = 'group'
    WHERE $headline AND i.method_kind <> 'none' AND i.status <> 'declared'
),
exported_value AS (
    SELECT
        i.indicator_order, a.area_order, i.indicator, i.name, i.group_name, i.tier, i.unit_name, i.decimals,
        i.status AS indicator_status, w.ref_area, a.area_name, a.area_type, w.cell,
        v.* EXCLUDE (indicator, ref_area, cell, area_type),
        CASE
            WHEN i.status = 'declared' AND p.first_year IS NULL THEN getvariable('gap_no_source')
            WHEN a.area_type = 'group' AND v.indicator IS NULL THEN getvariable('gap_no_member')
            WHEN a.area_type = 'country' AND p.first_year IS NULL
                THEN coalesce(q.reason, getvariable('gap_no_source_for_member'))
        END AS reason_without_values,
        CAST(s.baseline_from AS VARCHAR) || '-' || CAST(s.baseline_to AS VARCHAR) AS baseline_period, s.latest_reference_year,
        CASE WHEN i.lookback_years > 0 THEN CAST(s.latest_reference_year - i.lookback_years AS VARCHAR) || '-' ELSE '' END
            || CAST(s.latest_reference_year AS VARCHAR) AS years_of_window,
        p.first_year, p.last_year, q.filled_by
    FROM exported_cell AS w
    CROSS JOIN reference.settings AS s
    JOIN ordered_indicator AS i ON i.indicator = w.indicator
    JOIN ordered_area AS a ON a.ref_area = w.ref_area
    LEFT JOIN baseline.value AS v ON v.indicator = w.indicator AND v.ref_area = w.ref_area AND v.cell = w.cell
    LEFT JOIN years_with_values AS p ON p.indicator = w.indicator AND p.ref_area = w.ref_area AND p.cell = w.cell
    LEFT JOIN quality.availability AS q
        ON q.indicator = w.indicator AND q.ref_area = w.ref_area AND q.breakdown = 'headline' AND $headline
)
SELECT
    t.indicator, t.name, t.group_name, t.tier, t.unit_name, t.ref_area, t.area_name, t.decimals, t.area_type,
    t."@breakdowns",
    t.baseline_year,
    t.baseline_value,
    CASE
        WHEN t.baseline_value IS NOT NULL THEN NULL
        WHEN t.baseline_text ~ '^[<>]' THEN t.baseline_text
        WHEN t.baseline_text IS NOT NULL THEN 'no value: published as "' || t.baseline_text || '"'
        WHEN t.reason_without_values IS NOT NULL THEN 'no value: ' || t.reason_without_values
        WHEN t.baseline_class = 'C' THEN 'no value: ' || getvariable('gap_withheld')
        WHEN t.area_type = 'group' THEN
            'no value: no member has a usable value in ' || t.baseline_period
        ELSE
            'no value: none in ' || t.baseline_period || CASE
                WHEN t.last_year > t.first_year THEN '; first value: ' || CAST(t.first_year AS VARCHAR) || ', last value: '
                ELSE '; only value: '
            END || CAST(t.last_year AS VARCHAR)
    END AS baseline_gap,
    CASE
        WHEN t.baseline_status IS NOT NULL THEN coalesce(bs.label, t.baseline_status)
        WHEN t.area_type = 'country' AND t.baseline_observation_id IS NOT NULL THEN 'not stated'
    END AS baseline_status,
    t.baseline_footnote,
    t.baseline_class,
    t.latest_year,
    t.latest_value,
    CASE
        WHEN t.latest_value IS NOT NULL THEN NULL
        WHEN t.latest_text ~ '^[<>]' THEN t.latest_text
        WHEN t.latest_text IS NOT NULL THEN 'no value: published as "' || t.latest_text || '"'
        WHEN t.reason_without_values IS NOT NULL THEN 'no value: ' || t.reason_without_values
        WHEN t.publication_class = 'C' THEN 'no value: ' || getvariable('gap_withheld')
        WHEN t.area_type = 'group' THEN
            'no value: no member has a usable value in ' || t.years_of_window
        WHEN t.last_year > t.latest_reference_year THEN
            'no value: the last value (' || CAST(t.last_year AS VARCHAR) || ') is after the reference year '
            || CAST(t.latest_reference_year AS VARCHAR)
        ELSE
            'no value: the last value is for ' || CAST(t.last_year AS VARCHAR) || '; the window is ' || t.years_of_window
    END AS latest_gap,
    CASE
        WHEN t.latest_status IS NOT NULL THEN coalesce(ls.label, t.latest_status)
        WHEN t.area_type = 'country' AND t.latest_observation_id IS NOT NULL THEN 'not stated'
    END AS latest_status,
    t.latest_footnote,
    t.publication_class AS latest_class,
    t.change,
    CASE t.comparable WHEN TRUE THEN 'yes' ELSE 'no' END AS comparable,
    coalesce(t.reason, CASE WHEN t.comparable IS NULL THEN 'neither a baseline nor a latest figure' END) AS reason,
    t.change_area_names, t.change_without_largest, t.floor, t.target,
    CASE WHEN t.baseline_value IS NULL OR t.latest_value IS NULL THEN t.filled_by END AS filled_by,
    t.baseline_observation_id, t.latest_observation_id
FROM exported_value AS t
LEFT JOIN status_label AS bs ON bs.code = t.baseline_status
LEFT JOIN status_label AS ls ON ls.code = t.latest_status
ORDER BY t.indicator_order, t.cell, t.area_order
