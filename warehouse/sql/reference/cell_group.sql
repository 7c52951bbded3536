-- reference.cell_group: the target groups of each cell of an indicator, most specific first. A rule applies where each
-- of its codes is empty or equal to the code of the cell, and the age band of the cell is within the ages of the rule.
WITH cell AS (
    SELECT c.cell_no, c.indicator, c.cell, c.age, a.age_from, a.age_to
    FROM harmonised.cell AS c
    SEMI JOIN (SELECT DISTINCT cell_no FROM harmonised.row WHERE outcome = 'harmonised') AS r ON r.cell_no = c.cell_no
    LEFT JOIN reference.age AS a ON a.age = c.age
),
rule_code AS (
    SELECT r.rule_id, b.position, split_part(r.cell, '|', b.position) AS code
    FROM reference.target_group_rule AS r
    CROSS JOIN reference.breakdown AS b
    WHERE split_part(r.cell, '|', b.position) <> ''
),
excluded_cell AS (  -- a code of the cell differs from the rule
    SELECT DISTINCT r.rule_id, c.cell_no
    FROM rule_code AS r
    JOIN cell AS c ON split_part(c.cell, '|', r.position) <> r.code
),
matched AS (
    SELECT
        c.cell_no, r.target_group,
        min(r.match) AS match,  -- 'exact' sorts before 'proxy': one exact rule is enough
        max(r.priority) AS priority
    FROM cell AS c
    JOIN reference.target_group_rule AS r
        ON (r.indicator IS NULL OR r.indicator = c.indicator)
        AND (r.age_within_from IS NULL OR (c.age <> '_T' AND c.age_from >= r.age_within_from))
        AND (r.age_within_to IS NULL OR (c.age <> '_T' AND c.age_to <= r.age_within_to))
    ANTI JOIN excluded_cell AS o ON o.rule_id = r.rule_id AND o.cell_no = c.cell_no
    GROUP BY c.cell_no, r.target_group
)
SELECT
    c.indicator, c.cell, m.target_group, m.match,
    row_number() OVER (PARTITION BY c.indicator, c.cell ORDER BY m.priority DESC, m.match, m.target_group) AS specificity,
    c."@breakdowns"
FROM matched AS m
JOIN harmonised.cell AS c ON c.cell_no = m.cell_no
ORDER BY c.indicator, c.cell, specificity
