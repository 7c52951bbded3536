-- severity: blocks
-- as of: informs
-- description: Every indicator that is defined with values has a value for at least one Member State
-- finding: {n} [indicator|indicators] defined with values [has no value|have no values] for any Member State
SELECT i.indicator, i.definition_file
FROM reference.indicator AS i
WHERE i.status = 'with_values' AND NOT EXISTS (
    SELECT 1
    FROM indicator_set.value AS v
    JOIN reference.area_group AS g ON g.ref_area = v.ref_area AND g.area_group = 'ASEAN'
    WHERE v.indicator = i.indicator
)
