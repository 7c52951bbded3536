-- lineage.revision: what changed between two consecutive vintages of a series, one row per cell that differs
-- (lineage.vintage_pair). Two numbers are the same where they differ by no more than half a unit of the coarser of the two
-- texts' last digits. A cell that went and one that came a year off with the same number are one re-dated value.
-- Words that many rows share come after sorting: looked up in lists, as a join may put its rows in another order.
-- In the order of vintage_to, source, indicator, ref_area, time_period, provider_series, observation_id, snapshot_to
WITH claim AS (  -- numbered in the order of the table
    SELECT
        claim_id, indicator, provider, dataset, feed, provider_series,
        dense_rank() OVER (ORDER BY provider, indicator) AS subject_no,
        dense_rank() OVER (ORDER BY provider_series) AS series_no
    FROM reference.claim
),
gone AS (
    SELECT p.*, c.series_no
    FROM lineage.vintage_pair AS p
    JOIN claim AS c ON c.claim_id = p.claim_id
    WHERE p.row_to IS NULL
),
come AS (
    SELECT p.*, c.series_no
    FROM lineage.vintage_pair AS p
    JOIN claim AS c ON c.claim_id = p.claim_id
    WHERE p.row_from IS NULL
),
same_number AS (  -- the same value of the same cell one year off; of several the first counts
    SELECT
        c.comparison_no, c.observation, c.claim_id, c.cell_no, c.ref_area, c.candidate_no,
        g.time_period_from, c.time_period_to, g.value_from, c.value_to, g.text_from, c.text_to,
        g.decimals_from, c.decimals_to, g.is_empty_from, c.is_empty_to, g.status_from, c.status_to,
        g.nature_from, c.nature_to, g.unit_from, c.unit_to, g.footnote_from, c.footnote_to,
        g.citation_from, c.citation_to, g.row_from, c.row_to, g.observation AS observation_gone,
        row_number() OVER (PARTITION BY g.comparison_no, g.observation ORDER BY c.time_period_to) AS turn_gone,
        row_number() OVER (PARTITION BY c.comparison_no, c.observation ORDER BY g.time_period_from) AS turn_come
    FROM gone AS g
    JOIN come AS c
        ON c.comparison_no = g.comparison_no AND c.series_no = g.series_no AND c.cell_no = g.cell_no
        AND c.ref_area = g.ref_area AND c.candidate_no = g.candidate_no
        AND abs(c.time_period_to - g.time_period_from) = 1
    WHERE abs(c.value_to - g.value_from) <= 0.5 * power(10, -least(c.decimals_to, g.decimals_from)) * 1.000000001
),
near AS (
    SELECT * EXCLUDE (turn_gone, turn_come) FROM same_number WHERE turn_gone = 1 AND turn_come = 1
),
joined AS (  -- the cell of the later vintage beside the one it is compared with: itself, or the same value a year off
    SELECT * FROM lineage.vintage_pair WHERE row_from IS NOT NULL AND row_to IS NOT NULL
    UNION ALL
    SELECT g.* EXCLUDE (series_no) FROM gone AS g
    ANTI JOIN near AS n ON n.comparison_no = g.comparison_no AND n.observation_gone = g.observation
    UNION ALL
    SELECT c.* EXCLUDE (series_no) FROM come AS c
    ANTI JOIN near AS n ON n.comparison_no = c.comparison_no AND n.observation = c.observation
    UNION ALL
    SELECT * EXCLUDE (observation_gone) FROM near
),
compared AS (
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
    FROM joined
),
in_order AS (
    SELECT d.*
    FROM compared AS d
    JOIN claim AS c ON c.claim_id = d.claim_id
    JOIN lineage.comparison AS n ON n.comparison_no = d.comparison_no
    ORDER BY n.vintage_to, c.subject_no, d.ref_area, d.time_period, c.series_no, d.observation, d.comparison_no
),
numbered AS (  -- lists in which each stands at the place of its number
    SELECT
        (SELECT if(count(*) <> max(cell_no), error('cell_no has gaps or doubles'), list(k ORDER BY cell_no))
            FROM harmonised.cell AS k) AS cells,
        (SELECT if(count(*) <> max(claim_id), error('claim_id has gaps or doubles'), list(c ORDER BY claim_id))
            FROM claim AS c) AS claims,
        (SELECT if(count(*) <> max(comparison_no), error('comparison_no has gaps or doubles'), list(n ORDER BY comparison_no))
            FROM lineage.comparison AS n) AS comparisons
),
told AS (
    SELECT v.*, l.cells[v.cell_no] AS k, l.claims[v.claim_id] AS c, l.comparisons[v.comparison_no] AS n
    FROM in_order AS v, numbered AS l
)
SELECT
    v.revision_class, c.indicator, v.ref_area, v.time_period, v.time_period_from, k."@breakdowns", c.provider AS source, c.dataset, c.feed, c.provider_series, n.vintage_from,
    n.vintage_to, v.value_from, v.value_to,
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
FROM told AS v
