-- find_indicator('pension'): indicators whose code, name or definition contains a word, with the number of members with
-- values
CREATE MACRO find_indicator(word) AS TABLE
SELECT
    i.indicator, i.name, i.tier, i.indicator_group, u.name AS unit, count(DISTINCT q.ref_area) AS members_with_values,
    max(q.latest_year) AS latest_year, i.definition
FROM reference.indicator AS i
LEFT JOIN quality.availability AS q ON q.indicator = i.indicator AND q.breakdown = 'headline' AND q.n_values > 0
LEFT JOIN reference.code AS u ON u.codelist = 'unit' AND u.code = i.unit_measure
WHERE contains(lower(concat_ws(' ', i.indicator, i.name, i.definition)), lower(word))
GROUP BY i.indicator, i.name, i.tier, i.indicator_group, u.name, i.definition
ORDER BY members_with_values DESC, i.indicator
