-- severity: blocks
-- as of: informs
-- description: Every must-exist figure (indicator_defs/must_exist.csv) is chosen and equals the figure published elsewhere
-- finding: {n} must-exist [figure is|figures are] missing or different
SELECT
    m.must_exist_file || ':' || CAST(m.must_exist_line AS VARCHAR) AS place, m.indicator, m.ref_area, m.time_period, m.cell,
    m.obs_value AS expected, v.obs_value AS found, v.feed,
    CASE
        WHEN v.indicator IS NULL THEN 'missing: no value is chosen for this cell'
        WHEN v.obs_value IS NULL THEN 'not a number, published as ' || coalesce(v.value_text, 'nothing')
        WHEN v.feed LIKE m.provider_dataset || '/%' AND v.vintage_date = m.vintage_date
            THEN 'taken from the same vintage that it should check: ' || m.taken_from
        ELSE 'differs by ' || CAST(v.obs_value - m.obs_value AS VARCHAR) || ', tolerance ' || CAST(m.tolerance AS VARCHAR)
    END AS problem,
    m.source_citation
FROM (
    SELECT
        *, split_part(taken_from, '/', 1) || '/' || split_part(taken_from, '/', 2) AS provider_dataset,
        TRY_CAST(split_part(taken_from, '/', 3) AS DATE) AS vintage_date
    FROM reference.must_exist
) AS m
LEFT JOIN indicator_set.value AS v
    ON v.indicator = m.indicator AND v.ref_area = m.ref_area AND v.time_period = m.time_period AND v.cell = m.cell
WHERE v.obs_value IS NULL
    OR abs(v.obs_value - m.obs_value) > m.tolerance + 1e-9
    OR (v.feed LIKE m.provider_dataset || '/%' AND v.vintage_date = m.vintage_date)
