-- indicator_set.candidate: observations that may be chosen: those with a number or a bound, without keys that one
-- series publishes twice with different values (chosen by nobody silently), and without excluded corrections. A national
-- figure of another concept (status D) stands beside the others: it is a candidate only where no statistical source has
-- that breakdown of the member.
WITH doubled AS (
    SELECT
        indicator, ref_area, time_period, sex, age, urbanisation, income_wealth_quantile, disability_status,
        education_lev, migratory_status, occupation, activity, formality, composite_breakdown, source, provider_series
    FROM harmonised.observation
    GROUP BY
        indicator, ref_area, time_period, sex, age, urbanisation, income_wealth_quantile, disability_status,
        education_lev, migratory_status, occupation, activity, formality, composite_breakdown, source, provider_series
    HAVING count(DISTINCT value_text) > 1
),
possible AS (
    SELECT
        o.observation_id, o.indicator, o.ref_area, o.time_period,
        concat_ws('|', o.sex, o.age, o.urbanisation, o.income_wealth_quantile, o.disability_status, o.education_lev,
            o.migratory_status, o.occupation, o.activity, o.formality, o.composite_breakdown) AS cell,
        coalesce(nullif(concat_ws('+',
            CASE WHEN o.sex <> i.headline_sex THEN 'sex' END,
            CASE WHEN o.age <> i.headline_age THEN 'age' END,
            CASE WHEN o.urbanisation <> i.headline_urbanisation THEN 'urbanisation' END,
            CASE WHEN o.income_wealth_quantile <> i.headline_income_wealth_quantile THEN 'income_wealth_quantile' END,
            CASE WHEN o.disability_status <> i.headline_disability_status THEN 'disability_status' END,
            CASE WHEN o.education_lev <> i.headline_education_lev THEN 'education_lev' END,
            CASE WHEN o.migratory_status <> i.headline_migratory_status THEN 'migratory_status' END,
            CASE WHEN o.occupation <> i.headline_occupation THEN 'occupation' END,
            CASE WHEN o.activity <> i.headline_activity THEN 'activity' END,
            CASE WHEN o.formality <> i.headline_formality THEN 'formality' END,
            CASE WHEN o.composite_breakdown <> i.headline_composite_breakdown THEN 'composite_breakdown' END
        ), ''), 'total') AS breakdown_family,
        o.feed, o.source, d.kind AS dataset_kind, c.source_rank, o.obs_value, o.lower_bound, o.upper_bound,
        o.is_superseded, r.action AS correction_action, o.vintage_date,
        d.kind = 'national_submission' AND coalesce(o.obs_status, '') = 'D' AS other_concept
    FROM harmonised.observation AS o
    JOIN reference.indicator AS i ON i.indicator = o.indicator
    JOIN reference.dataset AS d ON d.provider = o.source AND d.dataset = o.dataset
    JOIN (SELECT indicator, feed, min(source_rank) AS source_rank FROM reference.claim GROUP BY indicator, feed) AS c
        ON c.indicator = o.indicator AND c.feed = o.feed
    LEFT JOIN doubled AS u
        ON u.indicator = o.indicator AND u.ref_area = o.ref_area AND u.time_period = o.time_period AND u.sex = o.sex
        AND u.age = o.age AND u.urbanisation = o.urbanisation AND u.income_wealth_quantile = o.income_wealth_quantile
        AND u.disability_status = o.disability_status AND u.education_lev = o.education_lev
        AND u.migratory_status = o.migratory_status AND u.occupation = o.occupation AND u.activity = o.activity
        AND u.formality = o.formality AND u.composite_breakdown = o.composite_breakdown AND u.source = o.source
        AND u.provider_series = o.provider_series
    LEFT JOIN reference.correction AS r
        ON r.indicator = o.indicator AND r.ref_area = o.ref_area AND r.time_period = o.time_period AND r.sex = o.sex
        AND r.age = o.age AND r.urbanisation = o.urbanisation AND r.income_wealth_quantile = o.income_wealth_quantile
        AND r.disability_status = o.disability_status AND r.education_lev = o.education_lev
        AND r.migratory_status = o.migratory_status AND r.occupation = o.occupation AND r.activity = o.activity
        AND r.formality = o.formality AND r.composite_breakdown = o.composite_breakdown AND r.source = o.source
        AND r.provider_series = o.provider_series AND r.expected_text = o.value_text
    WHERE (o.obs_value IS NOT NULL OR o.lower_bound IS NOT NULL OR o.upper_bound IS NOT NULL)
        AND o.candidate_no = 1
        AND u.indicator IS NULL
        AND coalesce(r.action, '') <> 'exclude_from_use'
),
beside AS (  -- national figures of another concept where a statistical source has the same breakdown
    SELECT DISTINCT p.observation_id
    FROM possible AS p
    JOIN possible AS s
        ON s.indicator = p.indicator AND s.ref_area = p.ref_area AND s.breakdown_family = p.breakdown_family
        AND NOT s.other_concept AND s.dataset_kind <> 'document'
    WHERE p.other_concept
)
SELECT
    p.observation_id, p.indicator, p.ref_area, p.time_period, p.cell, p.breakdown_family, p.feed, p.source, p.dataset_kind,
    p.source_rank, p.obs_value, p.lower_bound, p.upper_bound, p.is_superseded, p.correction_action, p.vintage_date
FROM possible AS p
LEFT JOIN beside AS b ON b.observation_id = p.observation_id
WHERE b.observation_id IS NULL
ORDER BY p.indicator, p.ref_area, p.time_period, p.observation_id
