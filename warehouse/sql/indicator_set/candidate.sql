-- indicator_set.candidate: the observations that may be chosen at each state of an indicator's sources.
-- methods.md, As of: of each series and area the newest vintage of up to a day that was asked for it; a cell which that
-- vintage lacks is withdrawn; a series which it was not asked for keeps its older vintage.
-- May be chosen: what has a number or a bound, without keys that one vintage publishes twice with different values
-- (chosen by nobody silently), and without excluded corrections. A national figure of another concept (status D) stands
-- beside the others: it is a candidate only where no statistical source has that breakdown of the member.
WITH until AS (  -- the day from which a newer vintage speaks for the same series and area; two of one day: the later one
    SELECT
        *, lead(vintage_date) OVER (
            PARTITION BY provider, dataset, current_series, area_code ORDER BY vintage_no
        ) AS next_date
    FROM (
        SELECT DISTINCT provider, dataset, current_series, area_code, snapshot_id, vintage_date, vintage_no
        FROM lineage.series_vintage
        WHERE is_declared
    )
),
spoken AS (
    SELECT s.snapshot_id, s.series, s.area_code, u.next_date
    FROM lineage.series_vintage AS s
    JOIN until AS u
        ON u.provider = s.provider AND u.dataset = s.dataset AND u.current_series = s.current_series
        AND u.area_code = s.area_code AND u.snapshot_id = s.snapshot_id
    WHERE u.next_date IS NULL OR u.next_date > u.vintage_date
),
told AS (
    SELECT
        v.observation_id, v.indicator, v.ref_area, v.time_period, v.feed, v.source, v.dataset, v.provider_series,
        v.obs_value, v.value_text, v.lower_bound, v.upper_bound, v.obs_status, v.is_superseded, v.vintage_date,
        n.next_date, v.snapshot_id, v.snapshot_row, r.action AS correction,
        (v.obs_value IS NOT NULL OR v.lower_bound IS NOT NULL OR v.upper_bound IS NOT NULL) AND v.candidate_no = 1
            AND coalesce(r.action, '') <> 'exclude_from_use' AS is_usable,
        v.cell,
        coalesce(nullif(concat_ws('+',
            CASE WHEN v.sex <> i.headline_sex THEN 'sex' END,
            CASE WHEN v.age <> i.headline_age THEN 'age' END,
            CASE WHEN v.urbanisation <> i.headline_urbanisation THEN 'urbanisation' END,
            CASE WHEN v.income_wealth_quantile <> i.headline_income_wealth_quantile THEN 'income_wealth_quantile' END,
            CASE WHEN v.disability_status <> i.headline_disability_status THEN 'disability_status' END,
            CASE WHEN v.education_lev <> i.headline_education_lev THEN 'education_lev' END,
            CASE WHEN v.migratory_status <> i.headline_migratory_status THEN 'migratory_status' END,
            CASE WHEN v.occupation <> i.headline_occupation THEN 'occupation' END,
            CASE WHEN v.activity <> i.headline_activity THEN 'activity' END,
            CASE WHEN v.formality <> i.headline_formality THEN 'formality' END,
            CASE WHEN v.composite_breakdown <> i.headline_composite_breakdown THEN 'composite_breakdown' END
        ), ''), 'total') AS breakdown_family
    FROM lineage.vintage_value AS v
    JOIN spoken AS n
        ON n.snapshot_id = v.snapshot_id AND n.series = v.provider_series AND n.area_code IN ('', v.ref_area)
    JOIN reference.indicator AS i ON i.indicator = v.indicator
    LEFT JOIN reference.correction AS r
        ON r.indicator = v.indicator AND r.ref_area = v.ref_area AND r.time_period = v.time_period AND r.sex = v.sex
        AND r.age = v.age AND r.urbanisation = v.urbanisation AND r.income_wealth_quantile = v.income_wealth_quantile
        AND r.disability_status = v.disability_status AND r.education_lev = v.education_lev
        AND r.migratory_status = v.migratory_status AND r.occupation = v.occupation AND r.activity = v.activity
        AND r.formality = v.formality AND r.composite_breakdown = v.composite_breakdown AND r.source = v.source
        AND r.provider_series = v.provider_series AND r.expected_text = v.value_text
),
single AS (
    SELECT
        *, min(value_text) OVER one_key IS DISTINCT FROM max(value_text) OVER one_key AS is_doubled
    FROM told
    WINDOW one_key AS (PARTITION BY indicator, ref_area, time_period, cell, feed, snapshot_id)  -- a renamed series under both codes is one
),
possible AS (
    SELECT
        m.state_no, m.known_to IS NULL AS is_current, t.*, d.kind AS dataset_kind, c.source_rank,
        d.kind = 'national_submission' AND coalesce(t.obs_status, '') = 'D' AS other_concept
    FROM single AS t
    JOIN indicator_set.state AS m
        ON m.indicator = t.indicator AND m.known_from >= t.vintage_date
        AND (t.next_date IS NULL OR m.known_from < t.next_date)
    JOIN reference.dataset AS d ON d.provider = t.source AND d.dataset = t.dataset
    JOIN (SELECT indicator, feed, min(source_rank) AS source_rank FROM reference.claim GROUP BY indicator, feed) AS c
        ON c.indicator = t.indicator AND c.feed = t.feed
    WHERE t.is_usable AND NOT t.is_doubled
),
beside AS (  -- where a statistical source has the breakdown, for national figures of another concept
    SELECT DISTINCT s.state_no, s.indicator, s.ref_area, s.breakdown_family
    FROM possible AS s
    WHERE NOT s.other_concept AND s.dataset_kind <> 'document'
        AND EXISTS (SELECT 1 FROM possible AS o WHERE o.other_concept AND o.indicator = s.indicator)
)
SELECT
    p.state_no, p.is_current, p.observation_id, p.indicator, p.ref_area, p.time_period, p.cell, p.breakdown_family,
    p.feed, p.source, p.dataset_kind, p.source_rank, p.obs_value, p.obs_status, p.is_superseded, p.correction,
    p.vintage_date, p.snapshot_id, p.snapshot_row
FROM possible AS p
LEFT JOIN beside AS b
    ON p.other_concept AND b.state_no = p.state_no AND b.indicator = p.indicator AND b.ref_area = p.ref_area
    AND b.breakdown_family = p.breakdown_family
WHERE b.indicator IS NULL
ORDER BY p.indicator, p.ref_area, p.time_period, p.observation_id, p.state_no
