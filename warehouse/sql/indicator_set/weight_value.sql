-- indicator_set.weight_value: the weights by member, year and kind of cell.
-- Population by age: the groups of indicator_set.age_group_population; bands that cut a group take a share of its years.
-- Other series take the newest figure up to the year. Rural and urban cells: the weight times the population's share, a
-- proxy except for the population itself. Sums are made of decimals, so that the order of adding up cannot show; results
-- are rounded to thousandths. What each cell is made of: lineage.weight_input.
WITH figure AS (
    SELECT role, ref_area, time_period, amount FROM indicator_set.weight_figure WHERE role <> 'population_by_age'
),
by_sex AS (
    SELECT ref_area, time_period, sex, age_from, persons FROM indicator_set.age_group_population
),
span AS (
    SELECT least(first_reference_year, baseline_from) AS first_year, latest_reference_year AS last_year
    FROM reference.settings
),
total AS (
    SELECT ref_area, time_period, amount AS persons FROM figure WHERE role = 'total_population'
),
years AS (
    SELECT DISTINCT t.time_period
    FROM total AS t, span AS s
    WHERE t.time_period BETWEEN s.first_year AND s.last_year
),
cell_age AS (  -- the ages for which a population weight is asked
    SELECT DISTINCT i.weight, v.age
    FROM indicator_set.value AS v
    JOIN reference.indicator AS i ON i.indicator = v.indicator
    WHERE v.age <> i.headline_age AND v.age <> '_T'
),
band AS (
    SELECT w.weight, '_T' AS age, w.sex AS weight_sex, coalesce(w.age_from, 0) AS age_from, coalesce(w.age_to, 150) AS age_to
    FROM reference.weight AS w
    WHERE w.kind = 'population'
    UNION ALL
    SELECT w.weight, c.age, w.sex AS weight_sex, a.age_from, coalesce(a.age_to, 150) AS age_to
    FROM reference.weight AS w
    JOIN cell_age AS c ON c.weight = w.weight
    JOIN reference.age AS a ON a.age = c.age
    WHERE w.kind = 'population' AND a.age_from IS NOT NULL
),
population AS (
    SELECT
        b.weight, p.ref_area, p.time_period, p.sex, b.age, b.weight_sex,
        CAST(sum(CAST(
            p.persons * CASE
                WHEN p.age_from = 100 THEN CASE WHEN b.age_to >= 100 THEN 1.0 ELSE 0.0 END
                ELSE greatest(0.0, least(b.age_to + 1.0, p.age_from + 5.0) - greatest(b.age_from, p.age_from)) / 5.0
            END
        AS DECIMAL(24, 6))) AS DOUBLE) AS amount,
        CASE WHEN b.age_from = 0 AND b.age_to >= 100 AND p.sex = '_T' THEN 'published' ELSE 'interpolated' END AS filling
    FROM band AS b, by_sex AS p
    GROUP BY b.weight, p.ref_area, p.time_period, p.sex, b.age, b.weight_sex, b.age_from, b.age_to
),
population_cells AS (  -- a weight about one sex stands for every cell of its indicators
    SELECT weight, ref_area, time_period, sex, age, amount, filling FROM population WHERE weight_sex = '_T'
    UNION ALL
    SELECT p.weight, p.ref_area, p.time_period, s.sex, p.age, p.amount, p.filling
    FROM population AS p, (SELECT DISTINCT sex FROM by_sex) AS s
    WHERE p.weight_sex <> '_T' AND p.sex = p.weight_sex
),
role_of_weight AS (  -- weights that are one series
    SELECT DISTINCT r.weight, r.role
    FROM reference.weight_role AS r
    JOIN reference.weight AS w ON w.weight = r.weight
    WHERE w.kind IN ('series', 'births') AND r.part = 'all'
),
series_last AS (
    SELECT s.weight, s.role, f.ref_area, y.time_period, max(f.time_period) AS source_year
    FROM role_of_weight AS s
    JOIN figure AS f ON f.role = s.role
    JOIN years AS y ON f.time_period <= y.time_period
    GROUP BY s.weight, s.role, f.ref_area, y.time_period
),
series_cells AS (
    SELECT
        l.weight, l.ref_area, l.time_period, x.sex, '_T' AS age, f.amount,
        CASE WHEN l.source_year = l.time_period THEN 'published' ELSE 'carried' END AS filling, l.source_year
    FROM series_last AS l
    JOIN figure AS f ON f.role = l.role AND f.ref_area = l.ref_area AND f.time_period = l.source_year
    CROSS JOIN (SELECT DISTINCT sex FROM by_sex) AS x
),
labour AS (  -- the labour force, its women's share, and unemployment rates
    SELECT
        f.ref_area, f.time_period, f.amount AS force, w.amount / 100 AS women,
        u.amount / 100 AS rate, m.amount / 100 AS rate_men
    FROM figure AS f
    LEFT JOIN figure AS w
        ON w.role = 'women_in_labour_force' AND w.ref_area = f.ref_area AND w.time_period = f.time_period
    LEFT JOIN figure AS u ON u.role = 'unemployment_rate' AND u.ref_area = f.ref_area AND u.time_period = f.time_period
    LEFT JOIN figure AS m
        ON m.role = 'unemployment_rate_of_men' AND m.ref_area = f.ref_area AND m.time_period = f.time_period
    WHERE f.role = 'labour_force'
),
labour_sex AS (
    SELECT ref_area, time_period, '_T' AS sex, force, force * rate AS unemployed FROM labour
    UNION ALL
    SELECT ref_area, time_period, 'M' AS sex, force * (1 - women) AS force, force * (1 - women) * rate_men AS unemployed FROM labour
    UNION ALL
    SELECT
        ref_area, time_period, 'F' AS sex, force * women AS force, force * rate - force * (1 - women) * rate_men AS unemployed
    FROM labour
),
labour_last AS (
    SELECT l.ref_area, l.sex, y.time_period, max(l.time_period) AS source_year
    FROM labour_sex AS l
    JOIN years AS y ON l.time_period <= y.time_period
    WHERE l.unemployed IS NOT NULL
    GROUP BY l.ref_area, l.sex, y.time_period
),
labour_cells AS (
    SELECT
        w.weight, k.ref_area, k.time_period, k.sex, '_T' AS age,
        CASE w.kind WHEN 'labour_force' THEN l.force WHEN 'unemployed' THEN l.unemployed ELSE l.force - l.unemployed END AS amount,
        CASE
            WHEN k.source_year < k.time_period THEN 'carried' WHEN w.kind = 'labour_force' AND k.sex = '_T' THEN 'published'
            ELSE 'derived'
        END AS filling,
        k.source_year
    FROM reference.weight AS w
    JOIN labour_last AS k ON w.kind IN ('labour_force', 'employed', 'unemployed')
    JOIN labour_sex AS l ON l.ref_area = k.ref_area AND l.sex = k.sex AND l.time_period = k.source_year
),
coverage_last AS (  -- beneficiaries: coverage of the newest survey up to the year, times the population
    SELECT w.weight, v.ref_area, y.time_period, max(v.time_period) AS source_year
    FROM reference.weight AS w
    JOIN indicator_set.value AS v ON v.indicator = w.coverage_indicator AND v.is_headline AND v.obs_value IS NOT NULL
    JOIN years AS y ON v.time_period <= y.time_period
    WHERE w.kind = 'beneficiaries'
    GROUP BY w.weight, v.ref_area, y.time_period
),
beneficiary_cells AS (
    SELECT
        k.weight, k.ref_area, k.time_period, '_T' AS sex, '_T' AS age, v.obs_value / 100 * t.persons AS amount,
        'derived' AS filling, k.source_year
    FROM coverage_last AS k
    JOIN reference.weight AS w ON w.weight = k.weight
    JOIN indicator_set.value AS v
        ON v.indicator = w.coverage_indicator AND v.ref_area = k.ref_area AND v.time_period = k.source_year AND v.is_headline
    JOIN total AS t ON t.ref_area = k.ref_area AND t.time_period = k.time_period
),
every_cell AS (
    SELECT weight, ref_area, time_period, sex, age, amount, filling, time_period AS source_year FROM population_cells
    UNION ALL
    SELECT weight, ref_area, time_period, sex, age, amount, filling, source_year FROM series_cells
    UNION ALL
    SELECT weight, ref_area, time_period, sex, age, amount, filling, source_year FROM labour_cells
    UNION ALL
    SELECT weight, ref_area, time_period, sex, age, amount, filling, source_year FROM beneficiary_cells
),
all_cells AS (  -- what is negative or too large is no weight
    SELECT
        weight, ref_area, time_period, sex, age, CASE WHEN amount BETWEEN 0 AND 1e14 THEN amount END AS amount, filling,
        source_year
    FROM every_cell
),
urban AS (
    SELECT ref_area, time_period, 'U' AS urbanisation, amount / 100 AS share
    FROM figure
    WHERE role = 'urban_share' AND amount <= 100
    UNION ALL
    SELECT ref_area, time_period, 'R' AS urbanisation, 1 - amount / 100 AS share
    FROM figure
    WHERE role = 'urban_share' AND amount <= 100
)
SELECT
    weight, ref_area, time_period, sex, age, '_T' AS urbanisation, round(amount, 3) AS weight_value, filling, source_year,
    FALSE AS is_proxy
FROM all_cells
UNION ALL
SELECT
    c.weight, c.ref_area, c.time_period, c.sex, c.age, u.urbanisation, round(c.amount * u.share, 3) AS weight_value,
    'derived' AS filling, c.source_year,
    NOT (w.kind = 'population' AND w.age_from IS NULL AND c.age = '_T') AS is_proxy
FROM all_cells AS c
JOIN reference.weight AS w ON w.weight = c.weight
JOIN urban AS u ON u.ref_area = c.ref_area AND u.time_period = c.time_period
WHERE w.kind IN ('population', 'births')
ORDER BY weight, ref_area, time_period, sex, age, urbanisation
