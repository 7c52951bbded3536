-- lineage.revision: what changed between two consecutive vintages of a series, one row per cell that differs.
-- Only within what both vintages were asked for (series and areas), renamed series followed. Codes are compared after
-- translation, so that NOTSPEC and _T are one. Two numbers are the same where they differ by no more than half a unit
-- of the coarser of the two texts' last digits. A cell that one side had to reject is not compared.
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
pair AS (
    SELECT DISTINCT
        v.provider AS source, v.current_series, v.area_code, v.previous_snapshot_id AS snapshot_from,
        f.vintage_date AS vintage_from, v.snapshot_id AS snapshot_to, v.vintage_date AS vintage_to
    FROM lineage.series_vintage AS v
    JOIN lineage.snapshot AS f ON f.snapshot_id = v.previous_snapshot_id
    WHERE NOT EXISTS (
        SELECT 1 FROM unreadable AS u
        WHERE u.source = v.provider AND u.current_series = v.current_series
            AND u.snapshot_id IN (v.previous_snapshot_id, v.snapshot_id)
    )
),
comparison AS (  -- of one snapshot with the one before it, numbered: cells are joined by the number
    SELECT
        row_number() OVER (ORDER BY snapshot_from, snapshot_to) AS comparison_no,
        snapshot_from, snapshot_to, vintage_from, vintage_to
    FROM (SELECT DISTINCT snapshot_from, snapshot_to, vintage_from, vintage_to FROM pair)
),
value AS (
    SELECT
        observation_id, indicator, ref_area, time_period, cell, source, dataset, feed, current_series, candidate_no,
        obs_value, trim(coalesce(value_text, '')) AS text,
        obs_value IS NULL AND lower_bound IS NULL AND upper_bound IS NULL AS is_empty,
        length(regexp_extract(trim(value_text), '[.]([0-9]*)', 1))
            - coalesce(TRY_CAST(nullif(regexp_extract(trim(value_text), '[eE]([+-]?[0-9]+)$', 1), '') AS INTEGER), 0) AS decimals,
        obs_status, nature, published_unit, coalesce(footnote, '') AS footnote, coalesce(source_citation, '') AS citation,
        snapshot_id, snapshot_row
    FROM harmonised.row
    WHERE outcome = 'harmonised'
),
kind_of_cell AS (
    SELECT DISTINCT
        cell, sex, age, urbanisation, income_wealth_quantile, disability_status, education_lev, migratory_status, occupation,
        activity, formality, composite_breakdown
    FROM harmonised.row
    WHERE outcome = 'harmonised'
),
refused AS (
    SELECT DISTINCT snapshot_id, source, current_series, ref_area, time_period FROM harmonised.row WHERE outcome = 'rejected'
),
before AS (
    SELECT n.comparison_no, v.*
    FROM pair AS p
    JOIN comparison AS n ON n.snapshot_from = p.snapshot_from AND n.snapshot_to = p.snapshot_to
    JOIN value AS v
        ON v.snapshot_id = p.snapshot_from AND v.source = p.source AND v.current_series = p.current_series
        AND p.area_code IN ('', v.ref_area)
    JOIN asked_area AS a ON a.snapshot_id = p.snapshot_to AND a.ref_area = v.ref_area
    WHERE NOT EXISTS (
        SELECT 1 FROM refused AS r
        WHERE r.snapshot_id = p.snapshot_to AND r.source = v.source AND r.current_series = v.current_series
            AND r.ref_area = v.ref_area AND r.time_period = v.time_period
    )
),
after AS (
    SELECT n.comparison_no, v.*
    FROM pair AS p
    JOIN comparison AS n ON n.snapshot_from = p.snapshot_from AND n.snapshot_to = p.snapshot_to
    JOIN value AS v
        ON v.snapshot_id = p.snapshot_to AND v.source = p.source AND v.current_series = p.current_series
        AND p.area_code IN ('', v.ref_area)
    JOIN asked_area AS a ON a.snapshot_id = p.snapshot_from AND a.ref_area = v.ref_area
    WHERE NOT EXISTS (
        SELECT 1 FROM refused AS r
        WHERE r.snapshot_id = p.snapshot_from AND r.source = v.source AND r.current_series = v.current_series
            AND r.ref_area = v.ref_area AND r.time_period = v.time_period
    )
),
beside AS (  -- every cell of either, and what the other has of it
    SELECT b, a FROM before AS b FULL JOIN after AS a ON a.comparison_no = b.comparison_no AND a.observation_id = b.observation_id
),
gone AS (SELECT b FROM beside WHERE a.comparison_no IS NULL),
come AS (SELECT a FROM beside WHERE b.comparison_no IS NULL),
near AS (  -- the same value of the same cell one year off
    SELECT b, a
    FROM gone
    JOIN come
        ON a.comparison_no = b.comparison_no AND a.indicator = b.indicator AND a.current_series = b.current_series
        AND a.ref_area = b.ref_area AND a.candidate_no = b.candidate_no AND a.cell = b.cell
        AND abs(a.time_period - b.time_period) = 1
    WHERE abs(a.obs_value - b.obs_value) <= 0.5 * power(10, -least(a.decimals, b.decimals)) * 1.000000001
    QUALIFY row_number() OVER (PARTITION BY b.comparison_no, b.observation_id ORDER BY a.time_period) = 1
        AND row_number() OVER (PARTITION BY a.comparison_no, a.observation_id ORDER BY b.time_period) = 1
),
joined AS (  -- the cell of the later vintage beside the one it is compared with: itself, or the same value a year off
    SELECT b, a FROM beside WHERE b.comparison_no IS NOT NULL AND a.comparison_no IS NOT NULL
    UNION ALL
    SELECT b, a FROM near
    UNION ALL
    SELECT g.b, NULL AS a
    FROM gone AS g
    ANTI JOIN near AS n ON n.b.comparison_no = g.b.comparison_no AND n.b.observation_id = g.b.observation_id
    UNION ALL
    SELECT NULL AS b, c.a
    FROM come AS c
    ANTI JOIN near AS n ON n.a.comparison_no = c.a.comparison_no AND n.a.observation_id = c.a.observation_id
),
compared AS (
    SELECT
        coalesce(a.comparison_no, b.comparison_no) AS comparison_no, coalesce(a.observation_id, b.observation_id) AS observation_id,
        coalesce(a.indicator, b.indicator) AS indicator, coalesce(a.ref_area, b.ref_area) AS ref_area,
        coalesce(a.time_period, b.time_period) AS time_period, b.time_period AS time_period_from,
        coalesce(a.cell, b.cell) AS cell, coalesce(a.source, b.source) AS source, coalesce(a.dataset, b.dataset) AS dataset,
        coalesce(a.feed, b.feed) AS feed, coalesce(a.current_series, b.current_series) AS provider_series,
        b.obs_value AS value_from, a.obs_value AS value_to, b.text AS text_from, a.text AS text_to,
        b.obs_status AS status_from, a.obs_status AS status_to, b.nature AS nature_from, a.nature AS nature_to,
        b.published_unit AS unit_from, a.published_unit AS unit_to, b.footnote AS footnote_from, a.footnote AS footnote_to,
        b.citation AS citation_from, a.citation AS citation_to,
        b.comparison_no IS NULL OR (b.is_empty AND NOT a.is_empty) AS has_come,
        a.comparison_no IS NULL OR (a.is_empty AND NOT b.is_empty) AS has_gone,
        abs(a.obs_value - b.obs_value) <= 0.5 * power(10, -least(a.decimals, b.decimals)) * 1.000000001 AS same_number,
        b.snapshot_row AS row_from, a.snapshot_row AS row_to
    FROM joined
),
classed AS (
    SELECT
        *,
        CASE
            WHEN has_gone THEN 'withdrawn'
            WHEN has_come THEN 'new'
            WHEN time_period_from <> time_period THEN 're_dated'
            WHEN text_from <> text_to AND same_number THEN 'precision_only'
            WHEN text_from <> text_to THEN 'changed'
            WHEN (unit_from IS NULL AND unit_to IS NOT NULL) OR (nature_from IS NULL AND nature_to IS NOT NULL)
                OR (status_from IS NULL AND status_to IS NOT NULL) THEN 'field_supplied'
            WHEN unit_from IS DISTINCT FROM unit_to OR nature_from IS DISTINCT FROM nature_to
                OR status_from IS DISTINCT FROM status_to THEN 'status_only'
            WHEN footnote_from <> footnote_to OR citation_from <> citation_to THEN 'footnote_only'
        END AS revision_class
    FROM compared
)
SELECT
    c.revision_class, c.indicator, c.ref_area, c.time_period, c.time_period_from, k.sex, k.age, k.urbanisation,
    k.income_wealth_quantile, k.disability_status, k.education_lev, k.migratory_status, k.occupation, k.activity,
    k.formality, k.composite_breakdown, c.source, c.dataset, c.feed, c.provider_series, s.vintage_from, s.vintage_to,
    c.value_from, c.value_to,
    CASE WHEN c.revision_class IN ('changed', 'precision_only') THEN c.value_to - c.value_from END AS size,
    c.text_from, c.text_to, c.status_from, c.status_to, c.nature_from, c.nature_to, c.unit_from, c.unit_to,
    CASE WHEN c.row_from IS NOT NULL AND c.row_to IS NOT NULL THEN nullif(concat_ws(', ',
        CASE WHEN c.status_from IS DISTINCT FROM c.status_to THEN 'obs_status' END,
        CASE WHEN c.nature_from IS DISTINCT FROM c.nature_to THEN 'nature' END,
        CASE WHEN c.unit_from IS DISTINCT FROM c.unit_to THEN 'unit_measure' END,
        CASE WHEN c.footnote_from <> c.footnote_to THEN 'footnote' END,
        CASE WHEN c.citation_from <> c.citation_to THEN 'source_citation' END
    ), '') END AS fields,
    c.observation_id, s.snapshot_from, c.row_from, s.snapshot_to, c.row_to
FROM classed AS c
JOIN comparison AS s ON s.comparison_no = c.comparison_no
JOIN kind_of_cell AS k ON k.cell = c.cell
WHERE c.revision_class IS NOT NULL
ORDER BY vintage_to, source, indicator, ref_area, time_period, provider_series, observation_id, snapshot_to
