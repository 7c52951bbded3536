-- indicator_set.candidate: the observations that may be chosen in each state of an indicator's sources.
-- For each series and area, the newest vintage up to the day that was requested for it (docs/methods.md, Vintages and
-- revisions): a cell that is not in this vintage is withdrawn; a series for which it was not requested keeps its older
-- vintage.
-- A value may be chosen if it has a number or a bound, its vintage does not publish the key with different values, and no
-- correction excludes it. A national figure of another concept (status D) is a candidate only where no statistical source
-- has that breakdown for the member. Joins use numbers; texts are joined at the end.
WITH vintage_period AS (  -- next_date: first later vintage of the same series and area; on equal dates the higher vintage_no wins
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
valid_vintage AS (
    SELECT
        s.snapshot_id, s.series, s.area_code, s.vintage_date, u.next_date,
        dense_rank() OVER (ORDER BY s.snapshot_id) AS snapshot_no
    FROM lineage.series_vintage AS s
    JOIN vintage_period AS u
        ON u.provider = s.provider AND u.dataset = s.dataset AND u.current_series = s.current_series
        AND u.area_code = s.area_code AND u.snapshot_id = s.snapshot_id
    WHERE u.next_date IS NULL OR u.next_date > u.vintage_date
),
claim AS (
    SELECT
        c.claim_id, c.feed, c.provider AS source, d.kind AS dataset_kind,
        min(c.source_rank) OVER (PARTITION BY c.indicator, c.feed) AS source_rank,
        min(c.provider_series) OVER (PARTITION BY c.indicator, c.feed)
            <> max(c.provider_series) OVER (PARTITION BY c.indicator, c.feed) AS has_several_series,
        dense_rank() OVER (ORDER BY c.indicator, c.feed) AS feed_no
    FROM reference.claim AS c
    JOIN reference.dataset AS d ON d.provider = c.provider AND d.dataset = c.dataset
),
published_value AS NOT MATERIALIZED (
    SELECT
        v.*, n.snapshot_no, n.next_date, f.feed_no, f.dataset_kind,
        v.candidate_no > 1 OR f.has_several_series AS may_be_duplicate
    FROM harmonised.row AS v
    JOIN valid_vintage AS n
        ON n.snapshot_id = v.snapshot_id AND n.series = v.provider_series AND n.area_code IN ('', v.ref_area)
    JOIN claim AS f ON f.claim_id = v.claim_id
    WHERE v.outcome = 'harmonised'
),
possible_duplicate AS (  -- no other key can have two rows in one vintage
    SELECT DISTINCT cell_no, ref_area, time_period, feed_no, snapshot_no FROM published_value WHERE may_be_duplicate
),
contradicting_key AS (  -- one vintage, two values; a renamed series under both codes is one value
    SELECT v.cell_no, v.ref_area, v.time_period, v.feed_no, v.snapshot_no
    FROM published_value AS v
    SEMI JOIN possible_duplicate AS s
        ON s.cell_no = v.cell_no AND s.ref_area = v.ref_area AND s.time_period = v.time_period
        AND s.feed_no = v.feed_no AND s.snapshot_no = v.snapshot_no
    GROUP BY v.cell_no, v.ref_area, v.time_period, v.feed_no, v.snapshot_no
    HAVING min(v.value_text) IS DISTINCT FROM max(v.value_text) OR min(v.unit_mult) IS DISTINCT FROM max(v.unit_mult)
),
cell_correction AS (
    SELECT k.cell_no, r.ref_area, r.time_period, r.source, r.provider_series, r.expected_text, r.action
    FROM reference.correction AS r
    JOIN harmonised.cell AS k
        ON k.indicator = r.indicator AND k.cell = r.cell
),
usable_value AS NOT MATERIALIZED (
    SELECT
        m.state_no, m.known_to IS NULL AS is_current, CAST(v.observation_id AS UUID) AS observation, v.claim_id, v.cell_no,
        k.family_no, v.ref_area, v.time_period, v.obs_value, v.obs_status, v.is_superseded, r.action AS correction,
        v.snapshot_no, v.dataset_kind = 'national_submission' AND coalesce(v.obs_status, '') = 'D' AS is_other_concept
    FROM published_value AS v
    JOIN harmonised.cell AS k ON k.cell_no = v.cell_no
    JOIN indicator_set.state AS m
        ON m.indicator = v.indicator AND m.known_from >= v.vintage_date
        AND (v.next_date IS NULL OR m.known_from < v.next_date)
    LEFT JOIN cell_correction AS r
        ON r.cell_no = v.cell_no AND r.ref_area = v.ref_area AND r.time_period = v.time_period AND r.source = v.source
        AND r.provider_series = v.provider_series AND r.expected_text = v.value_text
        AND coalesce(v.unit_mult, 0) = 0
    WHERE v.candidate_no = 1
        AND (v.obs_value IS NOT NULL OR v.lower_bound IS NOT NULL OR v.upper_bound IS NOT NULL)
        AND coalesce(r.action, '') <> 'exclude_from_use'
        AND NOT EXISTS (
            SELECT 1 FROM contradicting_key AS w
            WHERE w.cell_no = v.cell_no AND w.ref_area = v.ref_area AND w.time_period = v.time_period
                AND w.feed_no = v.feed_no AND w.snapshot_no = v.snapshot_no
        )
),
other_concept_family AS (
    SELECT DISTINCT state_no, family_no, ref_area FROM usable_value WHERE is_other_concept
),
family_with_statistics AS (  -- among families with national figures of another concept
    SELECT DISTINCT s.state_no, s.family_no, s.ref_area
    FROM usable_value AS s
    JOIN other_concept_family AS o ON o.state_no = s.state_no AND o.family_no = s.family_no AND o.ref_area = s.ref_area
    JOIN claim AS f ON f.claim_id = s.claim_id
    WHERE NOT s.is_other_concept AND f.dataset_kind <> 'document'
)
SELECT
    p.state_no, p.is_current, replace(CAST(p.observation AS VARCHAR), '-', '') AS observation_id, k.indicator, p.ref_area,
    p.time_period, p.cell_no, k.breakdown_family, f.feed, f.source, f.dataset_kind, f.source_rank, p.obs_value,
    p.obs_status, p.is_superseded, p.correction, n.vintage_date, n.snapshot_id
FROM usable_value AS p
JOIN harmonised.cell AS k ON k.cell_no = p.cell_no
JOIN claim AS f ON f.claim_id = p.claim_id
JOIN (SELECT DISTINCT snapshot_no, snapshot_id, vintage_date FROM valid_vintage) AS n ON n.snapshot_no = p.snapshot_no
WHERE NOT p.is_other_concept OR NOT EXISTS (
    SELECT 1 FROM family_with_statistics AS b
    WHERE b.state_no = p.state_no AND b.family_no = p.family_no AND b.ref_area = p.ref_area
)
