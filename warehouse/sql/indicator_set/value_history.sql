-- indicator_set.value_history: the observations chosen in any state of the sources, and those that extend them
-- backwards (indicator_set.stretch), each with the period in which it was the chosen one with these attributes. Texts
-- that many rows share are added after sorting. They are looked up in lists, because a join may change the order.
-- Sorted by is_member DESC, indicator, breakdown_family, ref_area, time_period, cell, known_from
WITH snapshot AS (
    SELECT snapshot_id, vintage_date, row_number() OVER (ORDER BY snapshot_id) AS snapshot_no FROM lineage.snapshot
),
in_order AS (
    SELECT
        f.known_from, t.known_to, x.observation, o.claim_id, x.cell_no,
        g.ref_area IS NOT NULL AS is_member, o.ref_area, o.time_period, o.time_detail, o.obs_value, o.value_text, o.unit_mult,
        o.lower_bound, o.upper_bound, x.obs_status, o.obs_status AS published_status, o.nature, o.footnote,
        o.provider_series, o.is_superseded, x.is_extension, x.break_before, x.correction, s.snapshot_no, o.snapshot_row
    FROM indicator_set.stretch AS x
    JOIN snapshot AS s ON s.snapshot_id = x.snapshot_id
    JOIN harmonised.cell AS k ON k.cell_no = x.cell_no
    JOIN indicator_set.state AS f ON f.indicator = k.indicator AND f.state_no = x.first_state
    JOIN indicator_set.state AS t ON t.indicator = k.indicator AND t.state_no = x.last_state
    JOIN (
        SELECT r.*, s.snapshot_no
        FROM harmonised.row AS r
        JOIN snapshot AS s ON s.snapshot_id = r.snapshot_id
        WHERE r.outcome = 'harmonised'
    ) AS o ON CAST(o.observation_id AS UUID) = x.observation AND o.snapshot_no = s.snapshot_no
    LEFT JOIN reference.area_group AS g ON g.ref_area = o.ref_area AND g.area_group = 'ASEAN' AND g.is_member_today
    ORDER BY is_member DESC, k.family_no, o.ref_area, o.time_period, x.cell_no, f.known_from
),
cell_text AS (
    SELECT
        k.*, i.unit_measure, i.sector, i.maximum, i.maximum_is_hard, coalesce(g.target_group, '_T') AS target_group
    FROM harmonised.cell AS k
    JOIN reference.indicator AS i ON i.indicator = k.indicator
    LEFT JOIN reference.cell_group AS g ON g.indicator = k.indicator AND g.cell = k.cell AND g.specificity = 1
),
claim_text AS (
    SELECT c.claim_id, c.provider, c.dataset, c.feed, d.kind
    FROM reference.claim AS c
    JOIN reference.dataset AS d ON d.provider = c.provider AND d.dataset = c.dataset
),
text_list AS (  -- in each list, the position of an item is its number
    SELECT
        (SELECT if(count(*) <> max(cell_no), error('cell_no has gaps or duplicates'), list(k ORDER BY cell_no))
            FROM cell_text AS k) AS cells,
        (SELECT if(count(*) <> max(claim_id), error('claim_id has gaps or duplicates'), list(c ORDER BY claim_id))
            FROM claim_text AS c) AS claims,
        (SELECT if(count(*) <> max(snapshot_no), error('snapshot_no has gaps or duplicates'), list(s ORDER BY snapshot_no))
            FROM snapshot AS s) AS snapshots
),
value_with_texts AS (
    SELECT v.*, l.cells[v.cell_no] AS k, l.claims[v.claim_id] AS c, l.snapshots[v.snapshot_no] AS s
    FROM in_order AS v, text_list AS l
)
SELECT
    v.known_from, v.known_to, replace(CAST(v.observation AS VARCHAR), '-', '') AS observation_id, k.indicator,
    v.ref_area, v.time_period, v.time_detail, k.sector, k.target_group,
    k."@breakdowns",
    k.cell, k.breakdown_family, k.breakdown_family = 'total' AS is_headline, v.is_member,
    v.obs_value, v.value_text, v.unit_mult, v.lower_bound, v.upper_bound, k.unit_measure, v.obs_status, v.published_status, v.nature,
    v.footnote, c.provider AS source, c.dataset, v.provider_series, c.feed, c.kind AS dataset_kind, s.vintage_date,
    CASE WHEN v.is_extension THEN 'extended backwards' ELSE 'chosen' END AS role,
    NOT v.is_superseded AND c.kind <> 'document' AND coalesce(v.correction, '') <> 'mark_unreliable'
        AND coalesce(v.published_status, 'A') NOT IN ('U', 'V', 'D', 'O', 'L', 'M', 'Q') AS in_aggregates,
    v.break_before, v.correction, k.maximum_is_hard AND v.obs_value > k.maximum AS above_maximum,
    s.snapshot_id, v.snapshot_row
FROM value_with_texts AS v
