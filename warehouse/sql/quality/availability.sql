-- quality.availability: what there is and what is missing, by indicator, member and expected breakdown.
WITH settings AS (
    SELECT * FROM reference.indicator_set WHERE set_name = 'asean_indicator_set'
),
wanted AS (
    SELECT b.indicator, g.ref_area, b.breakdown
    FROM reference.indicator_breakdown AS b
    CROSS JOIN (SELECT DISTINCT ref_area FROM reference.area_group WHERE is_member_today) AS g
),
by_breakdown AS (
    SELECT indicator, ref_area, 'headline' AS breakdown, observation_id FROM indicator_set.value WHERE is_headline
    UNION ALL
    SELECT v.indicator, v.ref_area, b.breakdown, v.observation_id
    FROM indicator_set.value AS v
    JOIN reference.indicator_breakdown AS b ON b.indicator = v.indicator AND b.breakdown <> 'headline'
    JOIN reference.indicator AS i ON i.indicator = v.indicator
    WHERE CASE b.breakdown
        WHEN 'sex' THEN v.sex <> i.headline_sex
        WHEN 'age' THEN v.age <> i.headline_age
        WHEN 'urbanisation' THEN v.urbanisation <> i.headline_urbanisation
        WHEN 'income_wealth_quantile' THEN v.income_wealth_quantile <> i.headline_income_wealth_quantile
        WHEN 'disability_status' THEN v.disability_status <> i.headline_disability_status
        WHEN 'education_lev' THEN v.education_lev <> i.headline_education_lev
        WHEN 'migratory_status' THEN v.migratory_status <> i.headline_migratory_status
        WHEN 'occupation' THEN v.occupation <> i.headline_occupation
        WHEN 'activity' THEN v.activity <> i.headline_activity
        WHEN 'formality' THEN v.formality <> i.headline_formality
        WHEN 'composite_breakdown' THEN v.composite_breakdown <> i.headline_composite_breakdown
    END
),
found AS (
    SELECT
        b.indicator, b.ref_area, b.breakdown, count(*) AS n_values, min(v.time_period) AS first_year,
        max(v.time_period) AS latest_year,
        max(CASE WHEN v.in_aggregates THEN v.time_period END) AS latest_usable_year,
        min(CASE WHEN v.dataset_kind = 'document' THEN 1 ELSE 0 END) AS only_documents
    FROM by_breakdown AS b
    JOIN indicator_set.value AS v ON v.observation_id = b.observation_id
    GROUP BY b.indicator, b.ref_area, b.breakdown
),
refused AS (
    SELECT r.indicator, r.ref_area, count(*) AS row_count, min(r.reason) AS reason
    FROM harmonised.row AS r
    WHERE r.outcome = 'rejected' AND r.ref_area IS NOT NULL
    GROUP BY r.indicator, r.ref_area
),
judged AS (
    SELECT
        w.indicator, w.ref_area, w.breakdown, coalesce(f.n_values, 0) AS n_values, f.first_year, f.latest_year,
        coalesce(f.latest_year >= s.latest_reference_year - i.lookback_years, FALSE) AS in_window,
        CASE
            WHEN i.status = 'declared' AND f.indicator IS NULL THEN 'declared'
            WHEN f.indicator IS NULL AND r.indicator IS NOT NULL AND w.breakdown = 'headline' THEN 'rejected'
            WHEN f.indicator IS NULL THEN 'no_value'
            WHEN f.only_documents = 1 THEN 'document'
            WHEN f.latest_usable_year IS NULL THEN 'superseded'
            WHEN f.latest_usable_year < s.latest_reference_year - i.lookback_years THEN 'old'
            ELSE 'available'
        END AS availability,
        i.gap_reason, i.gap_obtain_from, i.gap_body, i.body, i.owner, r.reason AS refusal, s.latest_reference_year, i.lookback_years
    FROM wanted AS w
    JOIN reference.indicator AS i ON i.indicator = w.indicator
    CROSS JOIN settings AS s
    LEFT JOIN found AS f ON f.indicator = w.indicator AND f.ref_area = w.ref_area AND f.breakdown = w.breakdown
    LEFT JOIN refused AS r ON r.indicator = w.indicator AND r.ref_area = w.ref_area
)
SELECT
    indicator, ref_area, breakdown, n_values, first_year, latest_year, in_window, availability,
    CASE availability
        WHEN 'declared' THEN gap_reason || ' Obtain from: ' || gap_obtain_from
        WHEN 'rejected' THEN 'published but rejected: ' || refusal || ' (lineage.rejection)'
        WHEN 'no_value' THEN
            CASE breakdown WHEN 'headline' THEN 'no source publishes it for this member' ELSE 'no source publishes it by ' || replace(breakdown, '_', ' ') END
        WHEN 'document' THEN 'only figures quoted in documents'
        WHEN 'superseded' THEN 'only superseded or unreliable values'
        WHEN 'old' THEN
            'last value is of ' || CAST(latest_year AS VARCHAR) || ', the window starts in ' || CAST(latest_reference_year - lookback_years AS VARCHAR)
    END AS reason,
    CASE WHEN availability <> 'available' THEN coalesce(gap_body, body) END AS filled_by
FROM judged
ORDER BY indicator, ref_area, breakdown
