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
cell AS (
    SELECT
        observation_id, indicator, ref_area, time_period, sex, age, urbanisation, income_wealth_quantile, disability_status,
        education_lev, migratory_status, occupation, activity, formality, composite_breakdown, source, dataset, feed,
        current_series, candidate_no, obs_value, lower_bound, upper_bound, trim(coalesce(value_text, '')) AS text,
        obs_value IS NULL AND lower_bound IS NULL AND upper_bound IS NULL AS is_empty,
        length(regexp_extract(trim(value_text), '[.]([0-9]*)', 1))
            - coalesce(TRY_CAST(nullif(regexp_extract(trim(value_text), '[eE]([+-]?[0-9]+)$', 1), '') AS INTEGER), 0) AS decimals,
        obs_status, nature, published_unit, coalesce(footnote, '') AS footnote, coalesce(source_citation, '') AS citation,
        snapshot_id, snapshot_row
    FROM harmonised.row
    WHERE outcome = 'harmonised'
),
refused AS (
    SELECT DISTINCT snapshot_id, source, current_series, ref_area, time_period FROM harmonised.row WHERE outcome = 'rejected'
),
before AS (
    SELECT p.snapshot_from, p.snapshot_to, p.vintage_from, p.vintage_to, c.*
    FROM pair AS p
    JOIN cell AS c
        ON c.snapshot_id = p.snapshot_from AND c.source = p.source AND c.current_series = p.current_series
        AND p.area_code IN ('', c.ref_area)
    JOIN asked_area AS a ON a.snapshot_id = p.snapshot_to AND a.ref_area = c.ref_area
    WHERE NOT EXISTS (
        SELECT 1 FROM refused AS r
        WHERE r.snapshot_id = p.snapshot_to AND r.source = c.source AND r.current_series = c.current_series
            AND r.ref_area = c.ref_area AND r.time_period = c.time_period
    )
),
after AS (
    SELECT p.snapshot_from, p.snapshot_to, p.vintage_from, p.vintage_to, c.*
    FROM pair AS p
    JOIN cell AS c
        ON c.snapshot_id = p.snapshot_to AND c.source = p.source AND c.current_series = p.current_series
        AND p.area_code IN ('', c.ref_area)
    JOIN asked_area AS a ON a.snapshot_id = p.snapshot_from AND a.ref_area = c.ref_area
    WHERE NOT EXISTS (
        SELECT 1 FROM refused AS r
        WHERE r.snapshot_id = p.snapshot_from AND r.source = c.source AND r.current_series = c.current_series
            AND r.ref_area = c.ref_area AND r.time_period = c.time_period
    )
),
gone AS (
    SELECT b.* FROM before AS b
    WHERE NOT EXISTS (
        SELECT 1 FROM after AS a
        WHERE a.snapshot_from = b.snapshot_from AND a.snapshot_to = b.snapshot_to AND a.observation_id = b.observation_id
    )
),
come AS (
    SELECT a.* FROM after AS a
    WHERE NOT EXISTS (
        SELECT 1 FROM before AS b
        WHERE b.snapshot_from = a.snapshot_from AND b.snapshot_to = a.snapshot_to AND b.observation_id = a.observation_id
    )
),
near AS (  -- the same value of the same cell one year off
    SELECT
        g.snapshot_from, g.snapshot_to, g.observation_id AS old_id, c.observation_id AS new_id,
        row_number() OVER (PARTITION BY g.snapshot_from, g.snapshot_to, g.observation_id ORDER BY c.time_period) AS new_choice,
        row_number() OVER (PARTITION BY g.snapshot_from, g.snapshot_to, c.observation_id ORDER BY g.time_period) AS old_choice
    FROM gone AS g
    JOIN come AS c
        ON c.snapshot_from = g.snapshot_from AND c.snapshot_to = g.snapshot_to AND c.indicator = g.indicator
        AND c.current_series = g.current_series AND c.ref_area = g.ref_area AND c.candidate_no = g.candidate_no
        AND c.sex = g.sex AND c.age = g.age AND c.urbanisation = g.urbanisation
        AND c.income_wealth_quantile = g.income_wealth_quantile AND c.disability_status = g.disability_status
        AND c.education_lev = g.education_lev AND c.migratory_status = g.migratory_status AND c.occupation = g.occupation
        AND c.activity = g.activity AND c.formality = g.formality AND c.composite_breakdown = g.composite_breakdown
        AND abs(c.time_period - g.time_period) = 1
    WHERE abs(c.obs_value - g.obs_value) <= 0.5 * power(10, -least(c.decimals, g.decimals)) * 1.000000001
),
joined AS (  -- the cell of the later vintage beside the one it is compared with: itself, or the same value a year off
    SELECT snapshot_from, snapshot_to, observation_id AS old_id, observation_id AS new_id FROM before
    UNION
    SELECT snapshot_from, snapshot_to, observation_id AS old_id, observation_id AS new_id FROM after
    EXCEPT
    SELECT snapshot_from, snapshot_to, old_id, old_id AS new_id FROM near WHERE new_choice = 1 AND old_choice = 1
    EXCEPT
    SELECT snapshot_from, snapshot_to, new_id AS old_id, new_id FROM near WHERE new_choice = 1 AND old_choice = 1
    UNION ALL
    SELECT snapshot_from, snapshot_to, old_id, new_id FROM near WHERE new_choice = 1 AND old_choice = 1
),
compared AS (
    SELECT
        j.snapshot_from, j.snapshot_to,
        coalesce(a.vintage_from, b.vintage_from) AS vintage_from, coalesce(a.vintage_to, b.vintage_to) AS vintage_to,
        coalesce(a.observation_id, b.observation_id) AS observation_id,
        coalesce(a.indicator, b.indicator) AS indicator, coalesce(a.ref_area, b.ref_area) AS ref_area,
        coalesce(a.time_period, b.time_period) AS time_period, b.time_period AS time_period_from,
        coalesce(a.sex, b.sex) AS sex, coalesce(a.age, b.age) AS age,
        coalesce(a.urbanisation, b.urbanisation) AS urbanisation,
        coalesce(a.income_wealth_quantile, b.income_wealth_quantile) AS income_wealth_quantile,
        coalesce(a.disability_status, b.disability_status) AS disability_status,
        coalesce(a.education_lev, b.education_lev) AS education_lev,
        coalesce(a.migratory_status, b.migratory_status) AS migratory_status,
        coalesce(a.occupation, b.occupation) AS occupation, coalesce(a.activity, b.activity) AS activity,
        coalesce(a.formality, b.formality) AS formality,
        coalesce(a.composite_breakdown, b.composite_breakdown) AS composite_breakdown,
        coalesce(a.source, b.source) AS source, coalesce(a.dataset, b.dataset) AS dataset,
        coalesce(a.feed, b.feed) AS feed, coalesce(a.current_series, b.current_series) AS provider_series,
        b.obs_value AS value_from, a.obs_value AS value_to, b.text AS text_from, a.text AS text_to,
        b.obs_status AS status_from, a.obs_status AS status_to, b.nature AS nature_from, a.nature AS nature_to,
        b.published_unit AS unit_from, a.published_unit AS unit_to, b.footnote AS footnote_from, a.footnote AS footnote_to,
        b.citation AS citation_from, a.citation AS citation_to,
        b.observation_id IS NULL OR (b.is_empty AND NOT a.is_empty) AS has_come,
        a.observation_id IS NULL OR (a.is_empty AND NOT b.is_empty) AS has_gone,
        abs(a.obs_value - b.obs_value) <= 0.5 * power(10, -least(a.decimals, b.decimals)) * 1.000000001 AS same_number,
        b.snapshot_row AS row_from, a.snapshot_row AS row_to
    FROM joined AS j
    LEFT JOIN before AS b
        ON b.snapshot_from = j.snapshot_from AND b.snapshot_to = j.snapshot_to AND b.observation_id = j.old_id
    LEFT JOIN after AS a
        ON a.snapshot_from = j.snapshot_from AND a.snapshot_to = j.snapshot_to AND a.observation_id = j.new_id
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
    revision_class, indicator, ref_area, time_period, time_period_from, sex, age, urbanisation, income_wealth_quantile,
    disability_status, education_lev, migratory_status, occupation, activity, formality, composite_breakdown,
    source, dataset, feed, provider_series, vintage_from, vintage_to, value_from, value_to,
    CASE WHEN revision_class IN ('changed', 'precision_only') THEN value_to - value_from END AS size,
    text_from, text_to, status_from, status_to, nature_from, nature_to, unit_from, unit_to,
    CASE WHEN row_from IS NOT NULL AND row_to IS NOT NULL THEN nullif(concat_ws(', ',
        CASE WHEN status_from IS DISTINCT FROM status_to THEN 'obs_status' END,
        CASE WHEN nature_from IS DISTINCT FROM nature_to THEN 'nature' END,
        CASE WHEN unit_from IS DISTINCT FROM unit_to THEN 'unit_measure' END,
        CASE WHEN footnote_from <> footnote_to THEN 'footnote' END,
        CASE WHEN citation_from <> citation_to THEN 'source_citation' END
    ), '') END AS fields,
    observation_id, snapshot_from, row_from, snapshot_to, row_to
FROM classed
WHERE revision_class IS NOT NULL
ORDER BY vintage_to, source, indicator, ref_area, time_period, provider_series, observation_id, snapshot_to
