-- quality.gap: every figure that is missing, of members and of groups. A regional figure is missing where it is withheld
-- (class C), and where none could be made; then the reason is that of the members, the one that could be mended first.
WITH settings AS (
    SELECT * FROM reference.indicator_set WHERE set_name = 'asean_indicator_set'
),
regional_cell AS (  -- in how many breakdowns the cell of a regional figure differs from the headline
    SELECT
        a.*, i.sex_total_age, a.sex <> i.headline_sex AS of_sex, a.age <> i.headline_age AS of_age,
        a.urbanisation <> i.headline_urbanisation AS of_place,
        a.income_wealth_quantile <> i.headline_income_wealth_quantile AS of_quantile,
        a.disability_status <> i.headline_disability_status AS of_disability,
        a.education_lev <> i.headline_education_lev AS of_education,
        a.migratory_status <> i.headline_migratory_status AS of_migration, a.occupation <> i.headline_occupation AS of_occupation,
        a.activity <> i.headline_activity AS of_activity, a.formality <> i.headline_formality AS of_formality,
        a.composite_breakdown <> i.headline_composite_breakdown AS of_composite,
        CAST(of_sex AS INTEGER) + CAST(of_age AS INTEGER) + CAST(of_place AS INTEGER) + CAST(of_quantile AS INTEGER)
            + CAST(of_disability AS INTEGER) + CAST(of_education AS INTEGER) + CAST(of_migration AS INTEGER)
            + CAST(of_occupation AS INTEGER) + CAST(of_activity AS INTEGER) + CAST(of_formality AS INTEGER)
            + CAST(of_composite AS INTEGER) AS n_differing
    FROM indicator_set.aggregate AS a
    JOIN settings AS s ON s.latest_reference_year = a.time_period
    JOIN reference.indicator AS i ON i.indicator = a.indicator
),
regional AS (  -- by a breakdown: as for members in quality.availability
    SELECT
        a.indicator, a.ref_area, b.breakdown,
        max(CASE WHEN a.publication_class <> 'C' THEN 1 ELSE 0 END) AS is_published, max(a.n_areas) AS n_areas,
        max(a.areas) AS areas
    FROM regional_cell AS a
    JOIN reference.indicator_breakdown AS b ON b.indicator = a.indicator
    WHERE CASE b.breakdown
        WHEN 'headline' THEN a.is_headline
        WHEN 'sex' THEN a.of_sex AND (a.n_differing = 1 OR (a.n_differing = 2 AND a.of_age AND a.sex_total_age IS NOT NULL))
        WHEN 'age' THEN a.of_age AND a.n_differing = 1
        WHEN 'urbanisation' THEN a.of_place AND a.n_differing = 1
        WHEN 'income_wealth_quantile' THEN a.of_quantile AND a.n_differing = 1
        WHEN 'disability_status' THEN a.of_disability AND a.n_differing = 1
        WHEN 'education_lev' THEN a.of_education AND a.n_differing = 1
        WHEN 'migratory_status' THEN a.of_migration AND a.n_differing = 1
        WHEN 'occupation' THEN a.of_occupation AND a.n_differing = 1
        WHEN 'activity' THEN a.of_activity AND a.n_differing = 1
        WHEN 'formality' THEN a.of_formality AND a.n_differing = 1
        WHEN 'composite_breakdown' THEN a.of_composite AND a.n_differing = 1
    END
    GROUP BY a.indicator, a.ref_area, b.breakdown
),
of_members AS (
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
largest_group AS (  -- an act of ASEAN as a whole is missing once, for the group of all members
    SELECT area_group FROM reference.set_group WHERE sort_order = 1
),
grouped AS (
    SELECT
        m.indicator, m.ref_area, m.breakdown, m.latest_year, m.filled_by, m.obtain_from, m.n_available, m.n_old, m.n_unusable,
        r.n_areas, r.areas, i.gap_reason, i.gap_obtain_from, i.gap_body, d.kind AS method_kind,
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
    FROM of_members AS m
    JOIN reference.indicator AS i ON i.indicator = m.indicator
    JOIN reference.method AS d ON d.method = i.method
    CROSS JOIN largest_group AS l
    LEFT JOIN regional AS r ON r.indicator = m.indicator AND r.ref_area = m.ref_area AND r.breakdown = m.breakdown
    WHERE coalesce(r.is_published, 0) = 0
),
answered AS (
    SELECT indicator, ref_area, 'country' AS area_type, breakdown, reason_code, reason, latest_year, filled_by, obtain_from
    FROM quality.availability
    WHERE reason_code IS NOT NULL
    UNION ALL
    SELECT
        indicator, ref_area, 'group' AS area_type, breakdown, reason_code,
        CASE
            WHEN is_act_of_all THEN gap_reason || ' Obtain from: ' || gap_obtain_from
            WHEN reason_code = 'not_applicable' AND method_kind = 'none' THEN 'no regional figure is made of it (method none)'
            WHEN reason_code = 'not_applicable' THEN 'an act of ASEAN as a whole; its gap stands there'
            WHEN reason_code = 'suppressed' AND n_areas IS NOT NULL THEN 'class C, withheld; reporting: ' || areas
            WHEN reason_code = 'suppressed' THEN 'values of ' || CAST(n_available AS VARCHAR) || ' members, but no weight or no window to make a figure of them'
            WHEN gap_reason IS NOT NULL THEN gap_reason || ' Obtain from: ' || gap_obtain_from
            ELSE 'no member has a value that can be used'
        END AS reason,
        latest_year,
        CASE WHEN is_act_of_all THEN gap_body WHEN reason_code <> 'not_applicable' THEN filled_by END AS filled_by,
        CASE WHEN is_act_of_all THEN gap_obtain_from WHEN reason_code <> 'not_applicable' THEN obtain_from END AS obtain_from
    FROM grouped
)
SELECT * FROM answered
ORDER BY breakdown <> 'headline', indicator, ref_area, breakdown
