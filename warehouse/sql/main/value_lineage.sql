-- The lineage of every chosen value: why it was chosen, which corrections were applied, and the row and file it comes from
WITH feeds_in_order AS (
    SELECT
        indicator, ref_area, breakdown_family, string_agg(feed || ': ' || reason, '; ' ORDER BY preference) AS feeds
    FROM indicator_set.choice
    GROUP BY indicator, ref_area, breakdown_family
),
translated_key AS (
    SELECT
        y.provider, y.dataset, y.series, y.series_key,
        string_agg(
            y.dimension || ' ' || y.code || ' -> ' || coalesce(x.target, '(not stated)') || ' (' || x.crosswalk_file || ':'
            || x.crosswalk_line || ')', '; ' ORDER BY y.dimension, x.concept
        ) AS key_lines
    FROM staged.series_dimension AS y
    JOIN reference.crosswalk AS x ON x.provider = y.provider AND x.dimension = y.dimension AND x.code = y.code
    WHERE x.concept NOT IN ('ref_area', 'obs_status', 'nature', 'unit_measure')
    GROUP BY y.provider, y.dataset, y.series, y.series_key
)
SELECT
    v.observation_id, v.indicator, i.name AS indicator_name, v.ref_area, v.time_period,
    v."@breakdowns", v.cell, v.breakdown_family, v.is_headline,
    v.obs_value, v.value_text, v.lower_bound, v.upper_bound, v.unit_measure, v.obs_status, v.published_status, v.footnote,
    v.role, v.feed, h.reason AS choice_reason, f.feeds,
    k.action || ': ' || k.why || ' (' || p.correction_file || ')' AS correction_why,
    c.place AS definition, r.rename_file || ':' || r.rename_line AS series_renamed_by,
    concat_ws('; ',
        'area ' || s.ref_area || ' -> ' || a.target || ' (' || a.crosswalk_file || ':' || a.crosswalk_line || ')',
        l.key_lines,
        'unit ' || coalesce(nullif(s.unit_measure, ''), '(blank)') || ' -> ' || coalesce(u.target, '(not stated)') || ' ('
        || u.crosswalk_file || ':' || u.crosswalk_line || ')',
        'status ' || coalesce(nullif(s.obs_status, ''), '(blank)') || ' -> ' || coalesce(t.target, '(not stated)') || ' ('
        || t.crosswalk_file || ':' || t.crosswalk_line || ')',
        'nature ' || coalesce(nullif(s.nature, ''), '(blank)') || ' -> ' || coalesce(e.target, '(not stated)') || ' ('
        || e.crosswalk_file || ':' || e.crosswalk_line || ')'
    ) AS crosswalk_lines,
    v.source, o.dataset, v.provider_series, s.series_key, n.producer, o.vintage_date, n.address, n.is_rebuilt, n.licence,
    o.snapshot_id, split_part(o.snapshot_row, ':', 1) AS file,
    split_part(split_part('; ' || n.files, '; ' || split_part(o.snapshot_row, ':', 1) || ' ', 2), ';', 1) AS sha256,
    'staged.' || d.staged_table AS staged_table, o.snapshot_row, s.ref_area AS area_as_published,
    s.time_period AS period_as_published, s.obs_value AS value_as_published, s.obs_status AS status_as_published,
    s.unit_measure AS unit_as_published, s.nature AS nature_as_published
FROM indicator_set.value AS v
JOIN harmonised.observation AS o
    ON o.observation_id = v.observation_id AND o.indicator = v.indicator AND o.ref_area = v.ref_area
JOIN reference.indicator AS i ON i.indicator = v.indicator
JOIN reference.dataset AS d ON d.provider = o.source AND d.dataset = o.dataset
JOIN lineage.snapshot AS n ON n.snapshot_id = o.snapshot_id
JOIN staged.observation AS s
    ON s.snapshot_id = o.snapshot_id AND s.snapshot_row = o.snapshot_row AND s.series = o.provider_series
JOIN reference.crosswalk AS a ON a.provider = s.provider AND a.concept = 'ref_area' AND a.code = s.ref_area
JOIN indicator_set.choice AS h
    ON h.indicator = v.indicator AND h.ref_area = v.ref_area AND h.breakdown_family = v.breakdown_family AND h.feed = v.feed
LEFT JOIN feeds_in_order AS f
    ON f.indicator = v.indicator AND f.ref_area = v.ref_area AND f.breakdown_family = v.breakdown_family
LEFT JOIN translated_key AS l
    ON l.provider = s.provider AND l.dataset = s.dataset AND l.series = s.series AND l.series_key = s.series_key
LEFT JOIN reference.crosswalk AS u
    ON u.provider = s.provider AND u.concept = 'unit_measure' AND u.code = coalesce(s.unit_measure, '')
LEFT JOIN reference.crosswalk AS t
    ON t.provider = s.provider AND t.concept = 'obs_status' AND t.code = coalesce(s.obs_status, '')
LEFT JOIN reference.crosswalk AS e
    ON e.provider = s.provider AND e.concept = 'nature' AND e.code = coalesce(s.nature, '')
LEFT JOIN reference.series_rename AS r
    ON r.provider = o.source AND r.dataset = o.dataset AND r.old_series = o.provider_series
LEFT JOIN (
    SELECT indicator, feed, provider_series, vintage_from, vintage_to, min(definition_file || ':' || definition_line) AS place
    FROM reference.claim
    GROUP BY indicator, feed, provider_series, vintage_from, vintage_to
) AS c
    ON c.indicator = o.indicator AND c.feed = o.feed AND c.provider_series = coalesce(r.new_series, o.provider_series)
    AND o.vintage_date >= coalesce(c.vintage_from, o.vintage_date) AND o.vintage_date <= coalesce(c.vintage_to, o.vintage_date)
LEFT JOIN lineage.correction AS k ON k.observation_id = v.observation_id AND k.applied
LEFT JOIN reference.correction AS p ON p.correction_id = k.correction_id
