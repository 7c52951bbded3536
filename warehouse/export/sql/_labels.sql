-- Temporary views that the other files of this folder join: the order of indicators and areas in every table, and labels.

-- Priority indicators of the set first (shown as gaps if they have no values), then by group, core before extended.
CREATE OR REPLACE TEMP VIEW ordered_indicator AS
SELECT
    i.*, g.name AS group_name, u.name AS unit_name, f.sort_order IS NOT NULL AS is_priority, m.title AS method_title,
    m.kind AS method_kind, m.event_count,
    row_number() OVER (
        ORDER BY f.sort_order NULLS LAST, g.group_order NULLS LAST, i.indicator_group, i.tier, i.indicator
    ) AS indicator_order
FROM reference.indicator AS i
JOIN reference.method AS m ON m.method = i.method
LEFT JOIN reference.set_first AS f ON f.indicator = i.indicator
LEFT JOIN (
    SELECT code, name, row_number() OVER (ORDER BY rowid) AS group_order FROM reference.code WHERE codelist = 'indicator_group'
) AS g ON g.code = i.indicator_group
LEFT JOIN reference.code AS u ON u.codelist = 'unit' AND u.code = i.unit_measure;

-- Member States in the order of ASEAN publications, then the groups of the set; never in order of their values.
CREATE OR REPLACE TEMP VIEW ordered_area AS
SELECT
    a.ref_area, a.short_name AS area_name, CASE WHEN s.area_group IS NULL THEN 'country' ELSE 'group' END AS area_type,
    row_number() OVER (ORDER BY s.sort_order NULLS FIRST, a.sort_order) AS area_order
FROM reference.area AS a
LEFT JOIN reference.set_group AS s ON s.area_group = a.ref_area
WHERE s.area_group IS NOT NULL
    OR a.ref_area IN (SELECT ref_area FROM reference.area_group WHERE is_member_today);

CREATE OR REPLACE TEMP VIEW status_label AS
SELECT code, code || ' ' || name AS label FROM reference.code WHERE codelist = 'obs_status';

CREATE OR REPLACE TEMP VIEW nature_label AS
SELECT code, code || ' ' || name AS label FROM reference.code WHERE codelist = 'nature';

-- The title of each dataset, shown as the source of a value.
CREATE OR REPLACE TEMP VIEW dataset_label AS
SELECT provider, dataset, title FROM reference.dataset;
