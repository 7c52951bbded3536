-- harmonised.cell: the cells of each indicator, numbered in the order of indicator, breakdown family and cell. Joining,
-- sorting and grouping by a number takes a fraction of the time and memory that codes take. The headline cell of every
-- indicator is included, even where it has no value.
WITH indicator_cell AS (
    SELECT indicator, cell FROM harmonised.series_map WHERE outcome = 'harmonised'
    UNION
    SELECT indicator, headline_cell AS cell FROM reference.indicator
),
cell_code AS (  -- a row for each breakdown of a cell
    SELECT
        f.indicator, f.cell, b.breakdown, b.position, split_part(f.cell, '|', b.position) AS code,
        split_part(i.headline_cell, '|', b.position) AS headline_code
    FROM indicator_cell AS f
    JOIN reference.indicator AS i ON i.indicator = f.indicator
    CROSS JOIN reference.breakdown AS b
),
described_cell AS (
    SELECT
        indicator, cell,
        coalesce(string_agg(breakdown, '+' ORDER BY position) FILTER (WHERE code <> headline_code), 'total') AS breakdown_family,
        string_agg(code, '|' ORDER BY position) FILTER (WHERE breakdown NOT IN ('sex', 'age')) AS cell_but_sex_age,
        string_agg(code, '|' ORDER BY position) FILTER (WHERE breakdown <> 'urbanisation') AS cell_but_urbanisation,
        bool_and(code = headline_code) FILTER (
            WHERE breakdown NOT IN ('sex', 'age', 'urbanisation', 'income_wealth_quantile')
        ) AS has_weight
    FROM cell_code
    GROUP BY indicator, cell
)
SELECT
    row_number() OVER (ORDER BY d.indicator, d.breakdown_family, d.cell) AS cell_no,
    dense_rank() OVER (ORDER BY d.indicator, d.breakdown_family) AS family_no,
    d.indicator, d."@cell", d.cell, d.breakdown_family, d.cell_but_sex_age, d.cell_but_urbanisation, d.has_weight
FROM described_cell AS d
ORDER BY cell_no
