-- quality.availability: available and missing figures, by indicator, member and expected breakdown: the chosen values
-- (quality.expected_figure), values that cannot be used (quality.newest_rejection) and the cell that is published
-- instead of a missing figure (quality.nearest_cell). A failed source could have filled a gap, so its failure is the
-- reason of the gap.
WITH failed_source AS (
    SELECT
        c.indicator, min(f.asked_on) AS asked_on,
        string_agg(DISTINCT f.provider || '/' || f.dataset, ', ' ORDER BY f.provider || '/' || f.dataset) AS datasets
    FROM reference.claim AS c
    JOIN lineage.fetch AS f ON f.provider = c.provider AND f.dataset = c.dataset
    WHERE f.outcome = 'failed'
    GROUP BY c.indicator
),
claimed_dataset AS (  -- claims in the definition of the indicator; claims for national data are generated for every indicator
    SELECT
        c.indicator, d.kind, d.title || ': ' || string_agg(DISTINCT c.provider_series, ', ' ORDER BY c.provider_series) AS place
    FROM reference.claim AS c
    JOIN reference.dataset AS d ON d.provider = c.provider AND d.dataset = c.dataset
    WHERE c.definition_line > 1
    GROUP BY c.indicator, d.kind, d.title
),
claimed_source AS (
    SELECT
        indicator, min(CASE WHEN kind = 'statistical' THEN 0 ELSE 1 END) = 1 AS is_national,
        string_agg(place, '; ' ORDER BY place) AS places
    FROM claimed_dataset
    GROUP BY indicator
),
impossible_figure AS (
    SELECT e.indicator, e.ref_area, e.breakdown, min(x.why) AS why
    FROM quality.expected_figure AS e
    JOIN reference.not_applicable AS x
        ON x.indicator IN ('*', e.indicator) AND x.ref_area IN ('*', e.ref_area) AND x.breakdown IN ('*', e.breakdown)
    GROUP BY e.indicator, e.ref_area, e.breakdown
),
classified_figure AS (
    SELECT
        e.indicator, e.ref_area, e.breakdown, e.n_values, e.first_year, e.latest_year, e.latest_usable_year,
        s.latest_reference_year - i.lookback_years AS window_start,
        CASE
            WHEN e.n_values = 0 AND x.indicator IS NOT NULL THEN 'not_applicable'
            WHEN e.n_values = 0 AND i.status = 'declared' THEN 'declared'
            WHEN e.n_values = 0 AND r.indicator IS NOT NULL THEN 'rejected'
            WHEN e.n_values = 0 THEN 'no_value'
            WHEN e.only_quoted THEN 'document'
            WHEN e.latest_usable_year IS NULL THEN 'superseded'
            WHEN e.latest_usable_year < s.latest_reference_year - i.lookback_years THEN 'old'
            ELSE 'available'
        END AS availability,
        r.time_period > e.latest_usable_year AND r.time_period >= s.latest_reference_year - i.lookback_years
            AS newer_is_rejected,
        r.time_period AS rejected_year, r.rejection, f.datasets AS failed_datasets, f.asked_on,
        coalesce(p.is_national, FALSE) AS is_national, x.why, n.code_names AS nearest_cell, n.time_period AS nearest_year,
        i.gap_kind, i.gap_reason, i.gap_obtain_from, coalesce(i.gap_body, i.body) AS body,
        coalesce(i.gap_obtain_from, p.places, i.owner) AS obtain_from, coalesce(b.name, e.breakdown) AS breakdown_name
    FROM quality.expected_figure AS e
    JOIN reference.indicator AS i ON i.indicator = e.indicator
    CROSS JOIN reference.settings AS s
    LEFT JOIN quality.newest_rejection AS r
        ON r.indicator = e.indicator AND r.ref_area = e.ref_area AND r.breakdown = e.breakdown
    LEFT JOIN quality.nearest_cell AS n
        ON n.indicator = e.indicator AND n.ref_area = e.ref_area AND n.breakdown = e.breakdown
    LEFT JOIN impossible_figure AS x
        ON x.indicator = e.indicator AND x.ref_area = e.ref_area AND x.breakdown = e.breakdown
    LEFT JOIN failed_source AS f ON f.indicator = e.indicator
    LEFT JOIN claimed_source AS p ON p.indicator = e.indicator
    LEFT JOIN reference.code AS b ON b.codelist = 'breakdown' AND b.code = e.breakdown
),
figure_reason AS (
    SELECT
        *,
        CASE
            WHEN availability = 'not_applicable' THEN 'not_applicable'
            WHEN availability = 'declared' THEN gap_kind
            WHEN availability = 'rejected' OR (availability = 'old' AND newer_is_rejected) THEN 'rejected'
            WHEN availability IN ('no_value', 'old') AND failed_datasets IS NOT NULL THEN 'source_failed'
            WHEN availability = 'no_value' AND nearest_cell IS NOT NULL THEN 'other_cells'
            WHEN availability = 'no_value' AND is_national THEN 'national_submission'
            WHEN availability = 'no_value' THEN 'no_source'
            WHEN availability = 'old' THEN 'out_of_window'
            WHEN availability IN ('superseded', 'document') THEN 'not_usable'
        END AS reason_code,
        CASE
            WHEN availability = 'old' AND latest_usable_year < latest_year THEN 'last_usable_value_old'
            WHEN availability = 'old' THEN 'last_value_old'
        END AS old_value_code
    FROM classified_figure
),
figure_sentence AS (
    SELECT
        *,
        CASE
            WHEN availability = 'not_applicable' THEN 'figure_impossible'
            WHEN availability = 'declared' THEN 'declared_gap'
            WHEN reason_code = 'rejected' AND availability = 'old' THEN 'newer_value_rejected'
            WHEN reason_code = 'rejected' AND rejected_year IS NULL THEN 'value_rejected_without_year'
            WHEN reason_code = 'rejected' THEN 'value_rejected'
            WHEN reason_code = 'source_failed' AND availability = 'old' THEN 'fetch_failed_old_value'
            WHEN reason_code = 'source_failed' THEN 'fetch_failed_no_value'
            WHEN reason_code = 'other_cells' THEN 'other_group_published'
            WHEN reason_code = 'no_source' AND breakdown = 'headline' THEN 'no_source_for_member'
            WHEN reason_code = 'no_source' THEN 'no_source_by_breakdown'
            WHEN reason_code = 'out_of_window' THEN old_value_code
            WHEN availability = 'no_value' THEN 'only_documents_of_some_members'
            WHEN availability = 'document' THEN 'only_quoted_values'
            WHEN availability = 'superseded' THEN 'only_superseded_values'
        END AS sentence_code
    FROM figure_reason
)
SELECT
    f.indicator, f.ref_area, f.breakdown, f.n_values, f.first_year, f.latest_year,
    coalesce(f.latest_year >= f.window_start, FALSE) AS in_window, f.availability, f.reason_code, f.sentence_code,
    filled(s.name, MAP {
        'why': f.why, 'rejection': f.rejection, 'rejected_year': CAST(f.rejected_year AS VARCHAR),
        'datasets': f.failed_datasets, 'fetch_date': CAST(f.asked_on AS VARCHAR),
        'old_value': filled(o.name, MAP {
            'year': CAST(f.latest_usable_year AS VARCHAR), 'window_start': CAST(f.window_start AS VARCHAR)
        }),
        'year': CAST(f.latest_usable_year AS VARCHAR), 'window_start': CAST(f.window_start AS VARCHAR),
        'cell': f.nearest_cell, 'cell_year': CAST(f.nearest_year AS VARCHAR), 'breakdown': lower(f.breakdown_name),
        'gap_reason': f.gap_reason, 'obtain_from': f.gap_obtain_from
    }) AS reason,
    -- shown in every export: the reason where it is more specific than the availability
    CASE
        WHEN f.reason_code IN ('not_gathered', 'national_submission', 'source_failed', 'rejected') THEN f.reason_code
        ELSE f.availability
    END AS shown_as,
    CASE WHEN f.reason_code <> 'not_applicable' THEN f.body END AS filled_by,
    CASE WHEN f.reason_code <> 'not_applicable' THEN f.obtain_from END AS obtain_from
FROM figure_sentence AS f
LEFT JOIN reference.code AS s ON s.codelist = 'sentence' AND s.code = f.sentence_code
LEFT JOIN reference.code AS o ON o.codelist = 'sentence' AND o.code = f.old_value_code
ORDER BY f.breakdown <> 'headline', f.indicator, f.ref_area, f.breakdown
