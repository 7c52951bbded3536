-- indicator_set.weight_value: the weights by member, year and kind of cell: population
-- (indicator_set.population_weight), series, the labour force (indicator_set.labour_force_by_sex) and beneficiaries;
-- weights of persons also by degree of urbanisation. Where the year has no figure, the newest earlier one is used.
-- Rural and urban cells are the weight times the share of the population, which is a proxy except for the population
-- itself. Results are rounded to thousandths. lineage.weight_input has the inputs of each cell.
WITH published_figure AS (
    SELECT role, ref_area, time_period, amount FROM indicator_set.weight_figure
),
year_span AS (
    SELECT least(first_reference_year, baseline_from) AS first_year, latest_reference_year AS last_year
    FROM reference.settings
),
total_population AS (
    SELECT ref_area, time_period, amount AS persons FROM published_figure WHERE role = 'total_population'
),
years AS (
    SELECT DISTINCT t.time_period
    FROM total_population AS t, year_span AS s
    WHERE t.time_period BETWEEN s.first_year AND s.last_year
),
series_weight AS (  -- weights that are one series
    SELECT DISTINCT r.weight, r.role
    FROM reference.weight_role AS r
    JOIN reference.weight AS w ON w.weight = r.weight
    WHERE w.kind IN ('series', 'births') AND r.part = 'all'
),
newest_of_series AS (
    SELECT s.weight, s.role, f.ref_area, y.time_period, max(f.time_period) AS source_year
    FROM series_weight AS s
    JOIN published_figure AS f ON f.role = s.role
    JOIN years AS y ON f.time_period <= y.time_period
    GROUP BY s.weight, s.role, f.ref_area, y.time_period
),
series_cell AS (
    SELECT
        n.weight, n.ref_area, n.time_period, x.sex, '_T' AS age, f.amount,
        CASE WHEN n.source_year = n.time_period THEN 'published' ELSE 'carried' END AS filling, n.source_year
    FROM newest_of_series AS n
    JOIN published_figure AS f ON f.role = n.role AND f.ref_area = n.ref_area AND f.time_period = n.source_year
    CROSS JOIN (SELECT DISTINCT sex FROM indicator_set.age_group_population) AS x
),
newest_labour_force AS (
    SELECT l.ref_area, l.sex, y.time_period, max(l.time_period) AS source_year
    FROM indicator_set.labour_force_by_sex AS l
    JOIN years AS y ON l.time_period <= y.time_period
    GROUP BY l.ref_area, l.sex, y.time_period
),
labour_cell AS (
    SELECT
        w.weight, n.ref_area, n.time_period, n.sex, '_T' AS age,
        CASE w.kind
            WHEN 'labour_force' THEN l.labour_force WHEN 'unemployed' THEN l.unemployed ELSE l.labour_force - l.unemployed
        END AS amount,
        CASE
            WHEN n.source_year < n.time_period THEN 'carried' WHEN w.kind = 'labour_force' AND n.sex = '_T' THEN 'published'
            ELSE 'derived'
        END AS filling,
        n.source_year
    FROM reference.weight AS w
    JOIN newest_labour_force AS n ON w.kind IN ('labour_force', 'employed', 'unemployed')
    JOIN indicator_set.labour_force_by_sex AS l
        ON l.ref_area = n.ref_area AND l.sex = n.sex AND l.time_period = n.source_year
),
coverage AS (
    SELECT w.weight, v.ref_area, v.time_period, v.obs_value
    FROM reference.weight AS w
    JOIN indicator_set.value AS v ON v.indicator = w.coverage_indicator AND v.is_headline AND v.obs_value IS NOT NULL
    WHERE w.kind = 'beneficiaries'
),
newest_coverage AS (
    SELECT c.weight, c.ref_area, y.time_period, max(c.time_period) AS source_year
    FROM coverage AS c
    JOIN years AS y ON c.time_period <= y.time_period
    GROUP BY c.weight, c.ref_area, y.time_period
),
beneficiary_cell AS (  -- coverage in the newest survey up to the year, times the population of the year
    SELECT
        n.weight, n.ref_area, n.time_period, '_T' AS sex, '_T' AS age, c.obs_value / 100 * t.persons AS amount,
        'derived' AS filling, n.source_year
    FROM newest_coverage AS n
    JOIN coverage AS c ON c.weight = n.weight AND c.ref_area = n.ref_area AND c.time_period = n.source_year
    JOIN total_population AS t ON t.ref_area = n.ref_area AND t.time_period = n.time_period
),
weight_of_any_kind AS (
    SELECT weight, ref_area, time_period, sex, age, amount, filling, time_period AS source_year
    FROM indicator_set.population_weight
    UNION ALL
    SELECT weight, ref_area, time_period, sex, age, amount, filling, source_year FROM series_cell
    UNION ALL
    SELECT weight, ref_area, time_period, sex, age, amount, filling, source_year FROM labour_cell
    UNION ALL
    SELECT weight, ref_area, time_period, sex, age, amount, filling, source_year FROM beneficiary_cell
),
weight_in_range AS (  -- negative or too large numbers are not weights
    SELECT
        weight, ref_area, time_period, sex, age, CASE WHEN amount BETWEEN 0 AND 1e14 THEN amount END AS amount, filling,
        source_year
    FROM weight_of_any_kind
),
share_of_people AS (
    SELECT ref_area, time_period, 'U' AS urbanisation, amount / 100 AS share
    FROM published_figure
    WHERE role = 'urban_share' AND amount <= 100
    UNION ALL
    SELECT ref_area, time_period, 'R' AS urbanisation, 1 - amount / 100 AS share
    FROM published_figure
    WHERE role = 'urban_share' AND amount <= 100
)
SELECT
    weight, ref_area, time_period, sex, age, '_T' AS urbanisation, round(amount, 3) AS weight_value, filling, source_year,
    FALSE AS is_proxy
FROM weight_in_range
UNION ALL
SELECT
    c.weight, c.ref_area, c.time_period, c.sex, c.age, u.urbanisation, round(c.amount * u.share, 3) AS weight_value,
    'derived' AS filling, c.source_year,
    NOT (w.kind = 'population' AND w.age_from IS NULL AND c.age = '_T') AS is_proxy
FROM weight_in_range AS c
JOIN reference.weight AS w ON w.weight = c.weight
JOIN share_of_people AS u ON u.ref_area = c.ref_area AND u.time_period = c.time_period
WHERE w.kind IN ('population', 'births')
ORDER BY weight, ref_area, time_period, sex, age, urbanisation
