-- lineage.series_description: how each snapshot describes the series that claims and weights use (title, unit, attributes
-- that change what a number means), and whether the definitions accept that.
-- A title that the claim lists is accepted, ignoring spaces and case. A claim without a list accepts the title of the
-- oldest vintage. A series without a title is not checked, unless its unit depends on the title (series_name_contains):
-- then a line of vintage_units.csv must state the unit. The evidence for a renamed series is in series_renames.csv.
-- Rows with an unexpected code of a dimension (FREQ, MEASURE) are other cells and do not affect the rest of the vintage.
-- Any other finding is about the same cells: one such row excludes the vintage of its series from use (blocks).
WITH dataset_dimensions AS (
    SELECT provider, dataset, list(DISTINCT dimension) AS names
    FROM staged.series_dimension
    GROUP BY provider, dataset
),
published_description AS (
    SELECT
        s.provider, s.dataset, s.snapshot_id, s.series, coalesce(r.new_series, s.series) AS current_series, n.vintage_date,
        trim(coalesce(s.series_name, '')) AS title, coalesce(s.unit_measure, '') AS unit_as_published,
        coalesce(s.unexpected, '') AS unexpected, count(*) AS row_count
    FROM staged.observation AS s
    JOIN lineage.snapshot AS n ON n.snapshot_id = s.snapshot_id
    LEFT JOIN reference.series_rename AS r
        ON r.provider = s.provider AND r.dataset = s.dataset AND r.old_series = s.series
    GROUP BY
        s.provider, s.dataset, s.snapshot_id, s.series, r.new_series, n.vintage_date, trim(coalesce(s.series_name, '')),
        coalesce(s.unit_measure, ''), coalesce(s.unexpected, '')
),
claim_use AS (
    SELECT
        p.*, lower(regexp_replace(p.title, '\s+', ' ', 'g')) AS compared_title, c.claim_id, c.indicator,
        CAST(NULL AS VARCHAR) AS weight, c.definition_file || ':' || CAST(c.definition_line AS VARCHAR) AS used_in,
        c.series_name_contains AS unit_in_title, CAST(c.claim_id AS VARCHAR) AS use_key
    FROM published_description AS p
    JOIN reference.claim AS c
        ON c.provider = p.provider AND c.dataset = p.dataset AND c.provider_series = p.current_series
),
weight_use AS (
    SELECT
        p.*, lower(regexp_replace(p.title, '\s+', ' ', 'g')) AS compared_title, CAST(NULL AS INTEGER) AS claim_id,
        CAST(NULL AS VARCHAR) AS indicator, t.weight, w.weight_file AS used_in, CAST(NULL AS VARCHAR) AS unit_in_title,
        t.weight || '|' || t.provider_series AS use_key
    FROM published_description AS p
    JOIN reference.weight_series AS s
        ON s.provider = p.provider AND s.dataset = p.dataset AND s.provider_series = p.current_series
    JOIN (SELECT DISTINCT weight, provider_series FROM reference.weight_title) AS t
        ON t.provider_series = s.provider_series
    JOIN reference.weight AS w ON w.weight = t.weight
),
description_use AS (
    SELECT * FROM claim_use
    UNION ALL
    SELECT * FROM weight_use
),
listed_title AS (
    SELECT CAST(claim_id AS VARCHAR) AS use_key, title FROM reference.claim_title
    UNION ALL
    SELECT weight || '|' || provider_series AS use_key, title FROM reference.weight_title
),
listed_titles AS (
    SELECT
        use_key, list(lower(regexp_replace(trim(title), '\s+', ' ', 'g')) ORDER BY title) AS titles,
        string_agg(title, ' | ' ORDER BY title) AS titles_text
    FROM listed_title
    GROUP BY use_key
),
first_title AS (  -- the title of the oldest vintage that has one
    SELECT claim_id, compared_title, title
    FROM claim_use
    WHERE series = current_series AND title <> ''
    QUALIFY row_number() OVER (PARTITION BY claim_id ORDER BY vintage_date, snapshot_id, title) = 1
),
checked_description AS (
    SELECT
        u.*,
        CASE
            WHEN u.series <> u.current_series THEN 'renamed_series'
            WHEN u.title = '' AND u.unit_in_title IS NULL THEN 'not_checked'
            WHEN u.title = '' AND d.unit = u.unit_in_title THEN 'unit_declared'
            WHEN u.title = '' THEN 'unit_unknown'
            WHEN list_contains(l.titles, u.compared_title) THEN 'confirmed'
            WHEN l.titles IS NOT NULL THEN 'changed'
            WHEN u.unit_in_title IS NOT NULL AND contains(u.title, u.unit_in_title) THEN 'confirmed'
            WHEN u.unit_in_title IS NOT NULL THEN 'changed'
            WHEN u.compared_title = f.compared_title THEN 'first_title'
            ELSE 'changed'
        END AS title_check,
        coalesce(l.titles_text, u.unit_in_title, f.title) AS title_expected, i.unit_measure AS unit_expected,
        u.unit_as_published = '' OR i.unit_measure IS NULL OR coalesce(x.target, i.unit_measure) = i.unit_measure
            AND x.code IS NOT NULL AS unit_fits
    FROM description_use AS u
    LEFT JOIN listed_titles AS l ON l.use_key = u.use_key
    LEFT JOIN first_title AS f ON f.claim_id = u.claim_id
    LEFT JOIN reference.vintage_unit AS d
        ON d.provider = u.provider AND d.dataset = u.dataset AND d.series = u.series AND d.vintage_date = u.vintage_date
    LEFT JOIN reference.indicator AS i ON i.indicator = u.indicator
    LEFT JOIN reference.crosswalk AS x
        ON x.provider = u.provider AND x.concept = 'unit_measure' AND x.code = u.unit_as_published
),
description_finding AS (
    SELECT
        *,
        CASE
            WHEN unexpected <> '' THEN 'attribute_unexpected'
            WHEN title_check = 'changed' THEN 'title_changed'
            WHEN title_check = 'unit_unknown' THEN 'unit_unknown'
            WHEN NOT unit_fits THEN 'unit_changed'
        END AS finding
    FROM checked_description
)
SELECT
    f.snapshot_id, f.provider, f.dataset, f.series, f.current_series, f.vintage_date, f.claim_id, f.indicator, f.weight,
    f.used_in, f.title, f.unit_as_published, f.unexpected, f.row_count, f.title_check,
    CASE WHEN NOT f.unit_fits THEN f.unit_expected ELSE f.title_expected END AS expected, f.finding,
    f.finding IS NOT NULL AND (
        f.finding <> 'attribute_unexpected'
        OR NOT list_has_all(coalesce(d.names, []), list_transform(string_split(f.unexpected, ';'), lambda c: split_part(c, '=', 1)))
    ) AS blocks
FROM description_finding AS f
LEFT JOIN dataset_dimensions AS d ON d.provider = f.provider AND d.dataset = f.dataset
ORDER BY f.snapshot_id, f.series, f.used_in, f.title, f.unit_as_published, f.unexpected
