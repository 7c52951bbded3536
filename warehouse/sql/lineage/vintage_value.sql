-- lineage.vintage_value: the values of every vintage; observation_id identifies the same cell in all of them.
-- The key of the cell is included, so that withdrawn cells can be queried by indicator, area and year.
-- Texts that many rows share are added after sorting. They are looked up in lists, because a join may change the order.
-- Sorted by indicator, ref_area, time_period, observation_id, vintage_date, snapshot_id, snapshot_row
WITH numbered_indicator AS (
    SELECT indicator, row_number() OVER (ORDER BY indicator) AS indicator_no FROM reference.indicator
),
numbered_snapshot AS (
    SELECT snapshot_id, vintage_date, row_number() OVER (ORDER BY vintage_date, snapshot_id) AS snapshot_no
    FROM lineage.snapshot
),
sorted_value AS (
    SELECT
        CAST(r.observation_id AS UUID) AS observation, r.claim_id, r.cell_no, r.ref_area, r.time_period, r.time_detail,
        r.obs_value, r.value_text, r.unit_mult, r.title_check, r.lower_bound, r.upper_bound, r.obs_status, r.nature,
        r.footnote, r.source_citation,
        r.provider_series, r.candidate_no, r.is_superseded, n.snapshot_no, r.snapshot_row
    FROM harmonised.row AS r
    JOIN numbered_indicator AS s ON s.indicator = r.indicator
    JOIN numbered_snapshot AS n ON n.snapshot_id = r.snapshot_id
    WHERE r.outcome = 'harmonised'
    ORDER BY s.indicator_no, r.ref_area, r.time_period, observation, n.snapshot_no, r.snapshot_row
),
cell_text AS (
    SELECT k.*, i.unit_measure, i.sector, coalesce(g.target_group, '_T') AS target_group
    FROM harmonised.cell AS k
    JOIN reference.indicator AS i ON i.indicator = k.indicator
    LEFT JOIN reference.cell_group AS g ON g.indicator = k.indicator AND g.cell = k.cell AND g.specificity = 1
),
claim_text AS (
    SELECT claim_id, provider, dataset, feed FROM reference.claim
),
shared_text AS (  -- lists in which the position of each row is its number
    SELECT
        (SELECT if(count(*) <> max(cell_no), error('cell_no has gaps or duplicates'), list(k ORDER BY cell_no))
            FROM cell_text AS k) AS cells,
        (SELECT if(count(*) <> max(claim_id), error('claim_id has gaps or duplicates'), list(c ORDER BY claim_id))
            FROM claim_text AS c) AS claims,
        (SELECT if(count(*) <> max(snapshot_no), error('snapshot_no has gaps or duplicates'), list(n ORDER BY snapshot_no))
            FROM numbered_snapshot AS n) AS snapshots
),
value_with_texts AS (
    SELECT v.*, l.cells[v.cell_no] AS k, l.claims[v.claim_id] AS c, l.snapshots[v.snapshot_no] AS n
    FROM sorted_value AS v
    CROSS JOIN shared_text AS l
)
SELECT
    replace(CAST(v.observation AS VARCHAR), '-', '') AS observation_id, n.vintage_date, v.obs_value, v.value_text,
    v.unit_mult, v.title_check, v.lower_bound, v.upper_bound, v.obs_status, v.nature, k.unit_measure, v.footnote, n.snapshot_id, v.snapshot_row,
    k.indicator, v.ref_area, v.time_period, v.time_detail, k.sector, k.target_group,
    k."@breakdowns", k.cell, c.provider AS source, c.dataset,
    v.provider_series, c.feed, v.candidate_no, v.source_citation, v.is_superseded
FROM value_with_texts AS v
