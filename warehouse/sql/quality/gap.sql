-- quality.gap: every missing figure of a member or a group. A regional figure is missing where it is withheld (class C)
-- or cannot be computed; in the second case the reason is the one among the members that is easiest to resolve.
WITH regional_figure AS (
    SELECT
        a.indicator, a.ref_area, b.breakdown,
        max(CASE WHEN a.publication_class <> 'C' THEN 1 ELSE 0 END) AS is_published, max(a.n_areas) AS n_areas,
        max(a.area_names) AS area_names
    FROM indicator_set.aggregate AS a
    JOIN reference.settings AS s ON s.latest_reference_year = a.time_period
    JOIN harmonised.cell_breakdown AS b ON b.indicator = a.indicator AND b.cell = a.cell
    GROUP BY a.indicator, a.ref_area, b.breakdown
),
member_count AS (
    SELECT
        q.indicator, s.area_group AS ref_area, q.breakdown, max(q.latest_year) AS latest_year,
        count(*) AS n_members, count(*) FILTER (WHERE q.reason_code IS NULL) AS n_available,
        count(*) FILTER (WHERE q.reason_code = 'not_applicable') AS n_impossible,
        count(*) FILTER (WHERE q.reason_code = 'source_failed') AS n_failed,
        count(*) FILTER (WHERE q.reason_code = 'rejected') AS n_rejected,
        count(*) FILTER (WHERE q.reason_code = 'out_of_window') AS n_old,
        count(*) FILTER (WHERE q.reason_code = 'not_usable') AS n_unusable,
        max(q.filled_by) AS filled_by, max(q.obtain_from) AS obtain_from
    FROM quality.availability AS q
    JOIN reference.area_group AS g ON g.ref_area = q.ref_area AND g.is_member_today
    JOIN reference.set_group AS s ON s.area_group = g.area_group
    GROUP BY q.indicator, s.area_group, q.breakdown
),
largest_group AS (  -- a gap in an act of ASEAN as a whole is listed once, for the group of all members
    SELECT area_group FROM reference.set_group WHERE sort_order = 1
),
missing_group_figure AS (
    SELECT
        m.indicator, m.ref_area, m.breakdown, m.latest_year, m.filled_by, m.obtain_from, m.n_available,
        r.n_areas, r.area_names, i.gap_reason, i.gap_obtain_from, i.gap_body, d.kind AS method_kind,
        m.n_members = m.n_impossible AND m.ref_area = l.area_group AND i.status = 'declared' AS is_act_of_all,
        CASE
            WHEN m.n_members = m.n_impossible AND m.ref_area = l.area_group AND i.status = 'declared' THEN i.gap_kind
            WHEN m.n_members = m.n_impossible OR d.kind = 'none' THEN 'not_applicable'
            WHEN r.indicator IS NOT NULL THEN 'suppressed'
            WHEN i.status = 'declared' AND m.n_available + m.n_old + m.n_unusable = 0 THEN i.gap_kind
            WHEN m.n_available > 0 THEN 'suppressed'
            WHEN m.n_failed > 0 THEN 'source_failed'
            WHEN m.n_rejected > 0 THEN 'rejected'
            WHEN m.n_old > 0 THEN 'out_of_window'
            WHEN m.n_unusable > 0 THEN 'not_usable'
            ELSE 'no_source'
        END AS reason_code
    FROM member_count AS m
    JOIN reference.indicator AS i ON i.indicator = m.indicator
    JOIN reference.method AS d ON d.method = i.method
    CROSS JOIN largest_group AS l
    LEFT JOIN regional_figure AS r ON r.indicator = m.indicator AND r.ref_area = m.ref_area AND r.breakdown = m.breakdown
    WHERE coalesce(r.is_published, 0) = 0
),
group_sentence AS (
    SELECT
        *,
        CASE
            WHEN reason_code = 'not_applicable' AND method_kind = 'none' THEN 'method_without_regional_figure'
            WHEN reason_code = 'not_applicable' THEN 'act_of_asean'
            WHEN reason_code = 'suppressed' AND n_areas IS NOT NULL THEN 'withheld_as_class_c'
            WHEN reason_code = 'suppressed' THEN 'no_weight_or_window'
            WHEN gap_reason IS NOT NULL THEN 'declared_gap'
            ELSE 'no_usable_value_of_members'
        END AS sentence_code
    FROM missing_group_figure
),
missing_figure AS (
    SELECT
        indicator, ref_area, 'country' AS area_type, breakdown, reason_code, sentence_code, reason, latest_year, filled_by,
        obtain_from
    FROM quality.availability
    WHERE reason_code IS NOT NULL
    UNION ALL
    SELECT
        g.indicator, g.ref_area, 'group' AS area_type, g.breakdown, g.reason_code, g.sentence_code,
        filled(s.name, MAP {
            'gap_reason': g.gap_reason, 'obtain_from': g.gap_obtain_from, 'areas': g.area_names,
            'n_available': CAST(g.n_available AS VARCHAR)
        }) AS reason,
        g.latest_year,
        CASE WHEN g.is_act_of_all THEN g.gap_body WHEN g.reason_code <> 'not_applicable' THEN g.filled_by END AS filled_by,
        CASE
            WHEN g.is_act_of_all THEN g.gap_obtain_from
            WHEN g.reason_code <> 'not_applicable' THEN g.obtain_from
        END AS obtain_from
    FROM group_sentence AS g
    LEFT JOIN reference.code AS s ON s.codelist = 'sentence' AND s.code = g.sentence_code
)
SELECT * FROM missing_figure
ORDER BY breakdown <> 'headline', indicator, ref_area, breakdown
