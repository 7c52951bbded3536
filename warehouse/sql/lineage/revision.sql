-- lineage.revision: what changed between two consecutive vintages of a series, one row per cell that differs
-- (lineage.vintage_pair). Two numbers are the same if they differ by at most half a unit of the last digit of the
-- less precise text. A withdrawn cell and a new cell one year away with the same number are one re-dated value.
-- Texts that many rows share are added after sorting. They are looked up in lists, because a join may change the order.
-- Sorted by vintage_to, source, indicator, ref_area, time_period, provider_series, observation_id, snapshot_to
WITH claim AS (  -- numbered in the order of the published table
    SELECT
        claim_id, indicator, provider, dataset, feed, provider_series,
        dense_rank() OVER (ORDER BY provider, indicator) AS subject_no,
        dense_rank() OVER (ORDER BY provider_series) AS series_no
    FROM reference.claim
),
withdrawn_cell AS (
    SELECT p.*, c.series_no
    FROM lineage.vintage_pair AS p
    JOIN claim AS c ON c.claim_id = p.claim_id
    WHERE p.row_to IS NULL
),
new_cell AS (
    SELECT p.*, c.series_no
    FROM lineage.vintage_pair AS p
    JOIN claim AS c ON c.claim_id = p.claim_id
    WHERE p.row_from IS NULL
),
same_value_near AS (  -- the same value of the same cell one year away; the first one where there are several
    SELECT
        c.comparison_no, c.observation, c.claim_id, c.cell_no, c.ref_area, c.candidate_no,
        g.time_period_from, c.time_period_to, g.value_from, c.value_to, g.text_from, c.text_to,
        g.decimals_from, c.decimals_to, g.is_empty_from, c.is_empty_to, g.status_from, c.status_to,
        g.nature_from, c.nature_to, g.unit_from, c.unit_to, g.footnote_from, c.footnote_to,
        g.citation_from, c.citation_to, g.row_from, c.row_to, g.observation AS withdrawn_observation,
        row_number() OVER (PARTITION BY g.comparison_no, g.observation ORDER BY c.time_period_to) AS turn_of_new,
        row_number() OVER (PARTITION BY c.comparison_no, c.observation ORDER BY g.time_period_from) AS turn_of_withdrawn
    FROM withdrawn_cell AS g
    JOIN new_cell AS c
        ON c.comparison_no = g.comparison_no AND c.series_no = g.series_no AND c.cell_no = g.cell_no
        AND c.ref_area = g.ref_area AND c.candidate_no = g.candidate_no
        AND abs(c.time_period_to - g.time_period_from) = 1
    WHERE abs(c.value_to - g.value_from) <= 0.5 * power(10, -least(c.decimals_to, g.decimals_from)) * 1.000000001
),
re_dated_value AS (
    SELECT * EXCLUDE (turn_of_new, turn_of_withdrawn) FROM same_value_near WHERE turn_of_new = 1 AND turn_of_withdrawn = 1
),
cell_pair AS (  -- the cell of the later vintage and the cell it is compared with: itself, or the same value one year away
    SELECT * FROM lineage.vintage_pair WHERE row_from IS NOT NULL AND row_to IS NOT NULL
    UNION ALL
    SELECT g.* EXCLUDE (series_no) FROM withdrawn_cell AS g
    ANTI JOIN re_dated_value AS n ON n.comparison_no = g.comparison_no AND n.withdrawn_observation = g.observation
    UNION ALL
    SELECT c.* EXCLUDE (series_no) FROM new_cell AS c
    ANTI JOIN re_dated_value AS n ON n.comparison_no = c.comparison_no AND n.observation = c.observation
    UNION ALL
    SELECT * EXCLUDE (withdrawn_observation) FROM re_dated_value
),
classified AS (
    SELECT
        comparison_no, observation, claim_id, cell_no, ref_area,
        coalesce(time_period_to, time_period_from) AS time_period, time_period_from, value_from, value_to, text_from, text_to,
        status_from, status_to, nature_from, nature_to, unit_from, unit_to,
        footnote_from IS DISTINCT FROM footnote_to AS footnote_differs,
        citation_from IS DISTINCT FROM citation_to AS citation_differs,
        CASE
            WHEN row_to IS NULL OR (is_empty_to AND NOT is_empty_from) THEN 'withdrawn'
            WHEN row_from IS NULL OR (is_empty_from AND NOT is_empty_to) THEN 'new'
            WHEN time_period_from <> time_period_to THEN 're_dated'
            WHEN text_from <> text_to AND abs(value_to - value_from)
                <= 0.5 * power(10, -least(decimals_to, decimals_from)) * 1.000000001 THEN 'precision_only'
            WHEN text_from <> text_to OR value_from IS DISTINCT FROM value_to THEN 'changed'
            WHEN (unit_from IS NULL AND unit_to IS NOT NULL) OR (nature_from IS NULL AND nature_to IS NOT NULL)
                OR (status_from IS NULL AND status_to IS NOT NULL) THEN 'field_supplied'
            WHEN unit_from IS DISTINCT FROM unit_to OR nature_from IS DISTINCT FROM nature_to
                OR status_from IS DISTINCT FROM status_to THEN 'status_only'
            ELSE 'footnote_only'
        END AS revision_class,
        row_from, row_to
    FROM cell_pair
),
sorted_revision AS (
    SELECT d.*
    FROM classified AS d
    JOIN claim AS c ON c.claim_id = d.claim_id
    JOIN lineage.comparison AS n ON n.comparison_no = d.comparison_no
    ORDER BY n.vintage_to, c.subject_no, d.ref_area, d.time_period, c.series_no, d.observation, d.comparison_no
),
shared_text AS (  -- lists in which the position of each row is its number
    SELECT
        (SELECT if(count(*) <> max(cell_no), error('cell_no has gaps or duplicates'), list(k ORDER BY cell_no))
            FROM harmonised.cell AS k) AS cells,
        (SELECT if(count(*) <> max(claim_id), error('claim_id has gaps or duplicates'), list(c ORDER BY claim_id))
            FROM claim AS c) AS claims,
        (SELECT if(count(*) <> max(comparison_no), error('comparison_no has gaps or duplicates'), list(n ORDER BY comparison_no))
            FROM lineage.comparison AS n) AS comparisons
),
revision_with_texts AS (
    SELECT v.*, l.cells[v.cell_no] AS k, l.claims[v.claim_id] AS c, l.comparisons[v.comparison_no] AS n
    FROM sorted_revision AS v
    CROSS JOIN shared_text AS l
)
SELECT
    v.revision_class, c.indicator, v.ref_area, v.time_period, v.time_period_from, k."@breakdowns",
    c.provider AS source, c.dataset, c.feed, c.provider_series, n.vintage_from, n.vintage_to, v.value_from, v.value_to,
    CASE WHEN v.revision_class IN ('changed', 'precision_only') THEN v.value_to - v.value_from END AS size,
    v.text_from, v.text_to, v.status_from, v.status_to, v.nature_from, v.nature_to, v.unit_from, v.unit_to,
    CASE WHEN v.row_from IS NOT NULL AND v.row_to IS NOT NULL THEN nullif(concat_ws(', ',
        CASE WHEN v.status_from IS DISTINCT FROM v.status_to THEN 'obs_status' END,
        CASE WHEN v.nature_from IS DISTINCT FROM v.nature_to THEN 'nature' END,
        CASE WHEN v.unit_from IS DISTINCT FROM v.unit_to THEN 'unit_measure' END,
        CASE WHEN v.footnote_differs THEN 'footnote' END,
        CASE WHEN v.citation_differs THEN 'source_citation' END
    ), '') END AS fields,
    replace(CAST(v.observation AS VARCHAR), '-', '') AS observation_id,
    n.snapshot_from, v.row_from, n.snapshot_to, v.row_to
FROM revision_with_texts AS v
