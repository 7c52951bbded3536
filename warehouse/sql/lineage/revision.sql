-- lineage.revision: what changed between two consecutive vintages of a series, one row per cell that differs.
-- Only within what both vintages were asked for (series and areas), renamed series followed. Codes are compared after
-- translation, so that NOTSPEC and _T are one. Two numbers are the same where they differ by no more than half a unit
-- of the coarser of the two texts' last digits. A cell that one side had to reject is not compared.
-- Numbers and few columns through joins; words that many rows share are joined after sorting.
-- In the order of vintage_to, source, indicator, ref_area, time_period, provider_series, observation_id, snapshot_to
WITH asked_area AS (  -- no list of areas means all of them
    SELECT DISTINCT n.snapshot_id, x.target AS ref_area
    FROM lineage.snapshot AS n
    JOIN reference.crosswalk AS x ON x.provider = n.provider AND x.concept = 'ref_area'
    WHERE coalesce(n.areas_asked, '') = '' OR strpos(';' || n.areas_asked || ';', ';' || x.code || ';') > 0
),
unreadable AS (  -- the whole series means something else there
    SELECT DISTINCT snapshot_id, source, current_series
    FROM harmonised.row
    WHERE outcome = 'rejected' AND reason IN ('undeclared_vintage', 'meaning_changed', 'renamed_series')
),
comparison AS (  -- of one snapshot with the one before it, numbered in the order of the later ones
    SELECT
        row_number() OVER (ORDER BY t.vintage_date, p.snapshot_to, p.snapshot_from) AS comparison_no,
        p.snapshot_from, f.vintage_date AS vintage_from, p.snapshot_to, t.vintage_date AS vintage_to
    FROM (
        SELECT DISTINCT previous_snapshot_id AS snapshot_from, snapshot_id AS snapshot_to FROM lineage.series_vintage
    ) AS p
    JOIN lineage.snapshot AS f ON f.snapshot_id = p.snapshot_from
    JOIN lineage.snapshot AS t ON t.snapshot_id = p.snapshot_to
),
pair AS (
    SELECT DISTINCT n.comparison_no, n.snapshot_from, n.snapshot_to, v.provider AS source, v.current_series, v.area_code
    FROM lineage.series_vintage AS v
    JOIN comparison AS n ON n.snapshot_from = v.previous_snapshot_id AND n.snapshot_to = v.snapshot_id
    WHERE NOT EXISTS (
        SELECT 1 FROM unreadable AS u
        WHERE u.source = v.provider AND u.current_series = v.current_series
            AND u.snapshot_id IN (v.previous_snapshot_id, v.snapshot_id)
    )
),
side AS (  -- both vintages of each comparison, each with the other one
    SELECT comparison_no, source, current_series, area_code, TRUE AS is_later, snapshot_to AS snapshot_id, snapshot_from AS other_id
    FROM pair
    UNION ALL
    SELECT comparison_no, source, current_series, area_code, FALSE AS is_later, snapshot_from AS snapshot_id, snapshot_to AS other_id
    FROM pair
),
refused AS (
    SELECT DISTINCT snapshot_id, source, current_series, ref_area, time_period FROM harmonised.row WHERE outcome = 'rejected'
),
value AS NOT MATERIALIZED (  -- of footnotes and citations it is enough to know whether they are the same
    SELECT
        p.is_later, p.comparison_no, CAST(r.observation_id AS UUID) AS observation, r.claim_id, r.cell_no, r.ref_area,
        r.time_period, r.candidate_no, r.obs_value, trim(coalesce(r.value_text, '')) AS text,
        length(split_part(split_part(lower(trim(r.value_text)), 'e', 1), '.', 2))
            - coalesce(TRY_CAST(split_part(lower(trim(r.value_text)), 'e', 2) AS INTEGER), 0) AS decimals,
        r.obs_value IS NULL AND r.lower_bound IS NULL AND r.upper_bound IS NULL AS is_empty,
        r.obs_status, r.nature, r.published_unit, md5_number(nullif(r.footnote, '')) AS footnote,
        md5_number(nullif(r.source_citation, '')) AS citation, r.snapshot_row
    FROM harmonised.row AS r
    JOIN side AS p
        ON p.snapshot_id = r.snapshot_id AND p.source = r.source AND p.current_series = r.current_series
        AND p.area_code IN ('', r.ref_area)
    JOIN asked_area AS a ON a.snapshot_id = p.other_id AND a.ref_area = r.ref_area
    WHERE r.outcome = 'harmonised' AND NOT EXISTS (
        SELECT 1 FROM refused AS x
        WHERE x.snapshot_id = p.other_id AND x.source = r.source AND x.current_series = r.current_series
            AND x.ref_area = r.ref_area AND x.time_period = r.time_period
    )
),
claim AS (  -- numbered in the order of the table
    SELECT
        claim_id, indicator, provider, dataset, feed, provider_series,
        dense_rank() OVER (ORDER BY provider, indicator) AS subject_no,
        dense_rank() OVER (ORDER BY provider_series) AS series_no
    FROM reference.claim
),
beside AS (  -- every cell of either vintage that is not the same in both
    SELECT b, a
    FROM (SELECT * FROM value WHERE NOT is_later) AS b
    FULL JOIN (SELECT * FROM value WHERE is_later) AS a
        ON a.comparison_no = b.comparison_no AND a.observation = b.observation
    WHERE a.observation IS NULL OR b.observation IS NULL OR a.text <> b.text OR a.is_empty <> b.is_empty
        OR a.obs_status IS DISTINCT FROM b.obs_status OR a.nature IS DISTINCT FROM b.nature
        OR a.published_unit IS DISTINCT FROM b.published_unit OR a.footnote IS DISTINCT FROM b.footnote
        OR a.citation IS DISTINCT FROM b.citation
),
gone AS (
    SELECT b, c.series_no FROM beside JOIN claim AS c ON c.claim_id = b.claim_id WHERE a.observation IS NULL
),
come AS (
    SELECT a, c.series_no FROM beside JOIN claim AS c ON c.claim_id = a.claim_id WHERE b.observation IS NULL
),
near AS (  -- the same value of the same cell one year off
    SELECT b, a
    FROM gone AS g
    JOIN come AS c
        ON a.comparison_no = b.comparison_no AND c.series_no = g.series_no AND a.cell_no = b.cell_no
        AND a.ref_area = b.ref_area AND a.candidate_no = b.candidate_no AND abs(a.time_period - b.time_period) = 1
    WHERE abs(a.obs_value - b.obs_value) <= 0.5 * power(10, -least(a.decimals, b.decimals)) * 1.000000001
    QUALIFY row_number() OVER (PARTITION BY b.comparison_no, b.observation ORDER BY a.time_period) = 1
        AND row_number() OVER (PARTITION BY a.comparison_no, a.observation ORDER BY b.time_period) = 1
),
joined AS (  -- the cell of the later vintage beside the one it is compared with: itself, or the same value a year off
    SELECT b, a FROM beside WHERE a.observation IS NOT NULL AND b.observation IS NOT NULL
    UNION ALL
    SELECT g.b, NULL AS a FROM gone AS g
    ANTI JOIN near AS n ON n.b.comparison_no = g.b.comparison_no AND n.b.observation = g.b.observation
    UNION ALL
    SELECT NULL AS b, c.a FROM come AS c
    ANTI JOIN near AS n ON n.a.comparison_no = c.a.comparison_no AND n.a.observation = c.a.observation
    UNION ALL
    SELECT b, a FROM near
),
compared AS (
    SELECT
        coalesce(a.comparison_no, b.comparison_no) AS comparison_no, coalesce(a.observation, b.observation) AS observation,
        coalesce(a.claim_id, b.claim_id) AS claim_id, coalesce(a.cell_no, b.cell_no) AS cell_no,
        coalesce(a.ref_area, b.ref_area) AS ref_area, coalesce(a.time_period, b.time_period) AS time_period,
        b.time_period AS time_period_from, b.obs_value AS value_from, a.obs_value AS value_to,
        b.text AS text_from, a.text AS text_to,
        b.obs_status AS status_from, a.obs_status AS status_to, b.nature AS nature_from, a.nature AS nature_to,
        b.published_unit AS unit_from, a.published_unit AS unit_to, a.footnote IS DISTINCT FROM b.footnote AS footnote_differs,
        a.citation IS DISTINCT FROM b.citation AS citation_differs,
        CASE
            WHEN a.observation IS NULL OR (a.is_empty AND NOT b.is_empty) THEN 'withdrawn'
            WHEN b.observation IS NULL OR (b.is_empty AND NOT a.is_empty) THEN 'new'
            WHEN b.time_period <> a.time_period THEN 're_dated'
            WHEN b.text <> a.text AND abs(a.obs_value - b.obs_value)
                <= 0.5 * power(10, -least(a.decimals, b.decimals)) * 1.000000001 THEN 'precision_only'
            WHEN b.text <> a.text THEN 'changed'
            WHEN (b.published_unit IS NULL AND a.published_unit IS NOT NULL) OR (b.nature IS NULL AND a.nature IS NOT NULL)
                OR (b.obs_status IS NULL AND a.obs_status IS NOT NULL) THEN 'field_supplied'
            WHEN b.published_unit IS DISTINCT FROM a.published_unit OR b.nature IS DISTINCT FROM a.nature
                OR b.obs_status IS DISTINCT FROM a.obs_status THEN 'status_only'
            ELSE 'footnote_only'
        END AS revision_class,
        b.snapshot_row AS row_from, a.snapshot_row AS row_to
    FROM joined
),
in_order AS (
    SELECT d.*
    FROM compared AS d
    JOIN claim AS c ON c.claim_id = d.claim_id
    JOIN comparison AS n ON n.comparison_no = d.comparison_no
    ORDER BY n.vintage_to, c.subject_no, d.ref_area, d.time_period, c.series_no, d.observation, d.comparison_no
)
SELECT
    v.revision_class, c.indicator, v.ref_area, v.time_period, v.time_period_from, k.sex, k.age, k.urbanisation,
    k.income_wealth_quantile, k.disability_status, k.education_lev, k.migratory_status, k.occupation, k.activity,
    k.formality, k.composite_breakdown, c.provider AS source, c.dataset, c.feed, c.provider_series, n.vintage_from,
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
FROM in_order AS v
JOIN claim AS c ON c.claim_id = v.claim_id
JOIN comparison AS n ON n.comparison_no = v.comparison_no
JOIN harmonised.cell AS k ON k.cell_no = v.cell_no
