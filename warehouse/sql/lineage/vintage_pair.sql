-- lineage.vintage_pair: each cell that differs between two consecutive vintages of a series, with its content in both;
-- the side of a vintage without the cell is empty. Only series and areas that were requested for both vintages are
-- compared; renamed series are matched. Codes are compared after translation, so that NOTSPEC and _T are equal. A cell
-- that was rejected in one of the two is not compared.
WITH requested_area AS (  -- no list of areas means all areas
    SELECT DISTINCT n.snapshot_id, x.target AS ref_area
    FROM lineage.snapshot AS n
    JOIN reference.crosswalk AS x ON x.provider = n.provider AND x.concept = 'ref_area'
    WHERE coalesce(n.areas_asked, '') = '' OR strpos(';' || n.areas_asked || ';', ';' || x.code || ';') > 0
),
incomparable_series AS (  -- the whole series has another meaning in this vintage
    SELECT DISTINCT snapshot_id, source, current_series
    FROM harmonised.row
    WHERE outcome = 'rejected' AND reason IN ('undeclared_vintage', 'renamed_series')
    UNION
    SELECT snapshot_id, provider AS source, current_series
    FROM lineage.series_description
    WHERE claim_id IS NOT NULL
    GROUP BY snapshot_id, provider, current_series, claim_id
    -- a vintage that is entirely in another unit has no cell to compare: all were rejected
    HAVING bool_or(blocks AND finding <> 'unit_changed') OR bool_and(finding IS NOT NULL AND finding <> 'unit_changed')
        OR (bool_or(blocks) AND bool_or(finding IS NULL))
),
series_pair AS (
    SELECT DISTINCT n.comparison_no, n.snapshot_from, n.snapshot_to, v.provider AS source, v.current_series, v.area_code
    FROM lineage.series_vintage AS v
    JOIN lineage.comparison AS n ON n.snapshot_from = v.previous_snapshot_id AND n.snapshot_to = v.snapshot_id
    WHERE NOT EXISTS (
        SELECT 1 FROM incomparable_series AS u
        WHERE u.source = v.provider AND u.current_series = v.current_series
            AND u.snapshot_id IN (v.previous_snapshot_id, v.snapshot_id)
    )
),
series_side AS (  -- both vintages of each comparison, each with the other vintage
    SELECT comparison_no, source, current_series, area_code, TRUE AS is_later, snapshot_to AS snapshot_id,
        snapshot_from AS other_id
    FROM series_pair
    UNION ALL
    SELECT comparison_no, source, current_series, area_code, FALSE AS is_later, snapshot_from AS snapshot_id,
        snapshot_to AS other_id
    FROM series_pair
),
rejected_cell AS (  -- rows rejected because of another meaning are other figures (lineage.series_description, blocks)
    SELECT DISTINCT snapshot_id, source, current_series, ref_area, time_period
    FROM harmonised.row
    WHERE outcome = 'rejected' AND reason <> 'meaning_changed'
),
cell_value AS NOT MATERIALIZED (  -- for footnotes and citations only a hash, which is enough to compare them
    SELECT
        p.is_later, p.comparison_no, CAST(r.observation_id AS UUID) AS observation, r.claim_id, r.cell_no, r.ref_area,
        r.time_period, r.candidate_no, r.obs_value, trim(coalesce(r.value_text, '')) AS text,
        greatest(-400, least(400,  -- no double has more digits
            length(split_part(split_part(lower(trim(r.value_text)), 'e', 1), '.', 2))
            - coalesce(TRY_CAST(split_part(lower(trim(r.value_text)), 'e', 2) AS INTEGER), 0) - coalesce(r.unit_mult, 0)
        )) AS decimals,
        r.obs_value IS NULL AND r.lower_bound IS NULL AND r.upper_bound IS NULL AS is_empty,
        r.obs_status, r.nature, r.published_unit, CAST(md5(nullif(r.footnote, '')) AS UUID) AS footnote,
        CAST(md5(nullif(r.source_citation, '')) AS UUID) AS citation, r.snapshot_row
    FROM harmonised.row AS r
    JOIN series_side AS p
        ON p.snapshot_id = r.snapshot_id AND p.source = r.source AND p.current_series = r.current_series
        AND p.area_code IN ('', r.ref_area)
    JOIN requested_area AS a ON a.snapshot_id = p.other_id AND a.ref_area = r.ref_area
    WHERE r.outcome = 'harmonised' AND NOT EXISTS (
        SELECT 1 FROM rejected_cell AS x
        WHERE x.snapshot_id = p.other_id AND x.source = r.source AND x.current_series = r.current_series
            AND x.ref_area = r.ref_area AND x.time_period = r.time_period
    )
)
SELECT
    coalesce(a.comparison_no, b.comparison_no) AS comparison_no, coalesce(a.observation, b.observation) AS observation,
    coalesce(a.claim_id, b.claim_id) AS claim_id, coalesce(a.cell_no, b.cell_no) AS cell_no,
    coalesce(a.ref_area, b.ref_area) AS ref_area, coalesce(a.candidate_no, b.candidate_no) AS candidate_no,
    b.time_period AS time_period_from, a.time_period AS time_period_to, b.obs_value AS value_from, a.obs_value AS value_to,
    b.text AS text_from, a.text AS text_to, b.decimals AS decimals_from, a.decimals AS decimals_to,
    b.is_empty AS is_empty_from, a.is_empty AS is_empty_to, b.obs_status AS status_from, a.obs_status AS status_to,
    b.nature AS nature_from, a.nature AS nature_to, b.published_unit AS unit_from, a.published_unit AS unit_to,
    b.footnote AS footnote_from, a.footnote AS footnote_to, b.citation AS citation_from, a.citation AS citation_to,
    b.snapshot_row AS row_from, a.snapshot_row AS row_to
FROM (SELECT * FROM cell_value WHERE NOT is_later) AS b
FULL JOIN (SELECT * FROM cell_value WHERE is_later) AS a
    ON a.comparison_no = b.comparison_no AND a.observation = b.observation
WHERE a.observation IS NULL OR b.observation IS NULL OR a.text <> b.text OR a.obs_value IS DISTINCT FROM b.obs_value
    OR a.is_empty <> b.is_empty
    OR a.obs_status IS DISTINCT FROM b.obs_status OR a.nature IS DISTINCT FROM b.nature
    OR a.published_unit IS DISTINCT FROM b.published_unit OR a.footnote IS DISTINCT FROM b.footnote
    OR a.citation IS DISTINCT FROM b.citation
