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
    SELECT
        s.snapshot_id, s.series, s.area_code, u.next_date, dense_rank() OVER (ORDER BY s.snapshot_id) AS snapshot_no
    FROM lineage.series_vintage AS s
    JOIN until AS u
        ON u.provider = s.provider AND u.dataset = s.dataset AND u.current_series = s.current_series
        AND u.area_code = s.area_code AND u.snapshot_id = s.snapshot_id
    WHERE u.next_date IS NULL OR u.next_date > u.vintage_date
),
feed AS (
    SELECT indicator, feed, min(source_rank) AS source_rank, row_number() OVER (ORDER BY indicator, feed) AS feed_no
    FROM reference.claim
    GROUP BY indicator, feed
),
doubled AS (  -- one vintage, two values; a renamed series under both codes is one
    SELECT v.cell_no, v.ref_area, v.time_period, f.feed_no, n.snapshot_no
    FROM harmonised.row AS v
    JOIN spoken AS n
        ON n.snapshot_id = v.snapshot_id AND n.series = v.provider_series AND n.area_code IN ('', v.ref_area)
    JOIN feed AS f ON f.indicator = v.indicator AND f.feed = v.feed
    WHERE v.outcome = 'harmonised'
    GROUP BY v.cell_no, v.ref_area, v.time_period, f.feed_no, n.snapshot_no
    HAVING min(v.value_text) IS DISTINCT FROM max(v.value_text)
),
correction AS (
    SELECT k.cell_no, r.ref_area, r.time_period, r.source, r.provider_series, r.expected_text, r.action
    FROM reference.correction AS r
    JOIN harmonised.cell AS k
        ON k.indicator = r.indicator AND k.sex = r.sex AND k.age = r.age AND k.urbanisation = r.urbanisation
        AND k.income_wealth_quantile = r.income_wealth_quantile AND k.disability_status = r.disability_status
        AND k.education_lev = r.education_lev AND k.migratory_status = r.migratory_status
        AND k.occupation = r.occupation AND k.activity = r.activity AND k.formality = r.formality
        AND k.composite_breakdown = r.composite_breakdown
),
possible AS (
    SELECT
        m.state_no, m.known_to IS NULL AS is_current, v.observation_id, v.indicator, v.ref_area, v.time_period, v.cell_no,
        k.breakdown_family, v.feed, v.source, d.kind AS dataset_kind, f.source_rank, v.obs_value, v.obs_status,
        v.is_superseded, r.action AS correction, v.vintage_date, v.snapshot_id,
        d.kind = 'national_submission' AND coalesce(v.obs_status, '') = 'D' AS other_concept
    FROM harmonised.row AS v
    JOIN spoken AS n
        ON n.snapshot_id = v.snapshot_id AND n.series = v.provider_series AND n.area_code IN ('', v.ref_area)
    JOIN harmonised.cell AS k ON k.cell_no = v.cell_no
    JOIN feed AS f ON f.indicator = v.indicator AND f.feed = v.feed
    JOIN reference.dataset AS d ON d.provider = v.source AND d.dataset = v.dataset
    JOIN indicator_set.state AS m
        ON m.indicator = v.indicator AND m.known_from >= v.vintage_date
        AND (n.next_date IS NULL OR m.known_from < n.next_date)
    LEFT JOIN correction AS r
        ON r.cell_no = v.cell_no AND r.ref_area = v.ref_area AND r.time_period = v.time_period AND r.source = v.source
        AND r.provider_series = v.provider_series AND r.expected_text = v.value_text
    WHERE v.outcome = 'harmonised' AND v.candidate_no = 1
        AND (v.obs_value IS NOT NULL OR v.lower_bound IS NOT NULL OR v.upper_bound IS NOT NULL)
        AND coalesce(r.action, '') <> 'exclude_from_use'
        AND NOT EXISTS (
            SELECT 1 FROM doubled AS w
            WHERE w.cell_no = v.cell_no AND w.ref_area = v.ref_area AND w.time_period = v.time_period
                AND w.feed_no = f.feed_no AND w.snapshot_no = n.snapshot_no
        )
),
other_concept AS (
    SELECT DISTINCT state_no, indicator, ref_area, breakdown_family FROM possible WHERE other_concept
),
beside AS (  -- where a statistical source has the breakdown, for national figures of another concept
    SELECT DISTINCT s.state_no, s.indicator, s.ref_area, s.breakdown_family
    FROM possible AS s
    JOIN other_concept AS o
        ON o.state_no = s.state_no AND o.indicator = s.indicator AND o.ref_area = s.ref_area
        AND o.breakdown_family = s.breakdown_family
    WHERE NOT s.other_concept AND s.dataset_kind <> 'document'
)
SELECT
    p.state_no, p.is_current, p.observation_id, p.indicator, p.ref_area, p.time_period, p.cell_no, p.breakdown_family,
    p.feed, p.source, p.dataset_kind, p.source_rank, p.obs_value, p.obs_status, p.is_superseded, p.correction,
    p.vintage_date, p.snapshot_id
FROM possible AS p
WHERE NOT p.other_concept OR NOT EXISTS (
    SELECT 1 FROM beside AS b
    WHERE b.state_no = p.state_no AND b.indicator = p.indicator AND b.ref_area = p.ref_area
        AND b.breakdown_family = p.breakdown_family
)
