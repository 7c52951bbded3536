-- profile('VNM'): all indicators of one member or group: baseline, latest value, change, with the ASEAN figure;
-- gaps with their reason
CREATE MACRO profile(area) AS TABLE
SELECT
    i.indicator_group, b.indicator, i.name AS indicator_name, i.tier, u.name AS unit,
    b.baseline_year, b.baseline_value, b.baseline_text, b.latest_year, b.latest_value, b.latest_text, b.latest_status,
    b.publication_class, b.change, b.comparable, b.reason, r.latest_year AS asean_year, r.latest_value AS asean_value,
    r.publication_class AS asean_class, b.latest_footnote
FROM baseline.value AS b
JOIN reference.indicator AS i ON i.indicator = b.indicator
LEFT JOIN baseline.value AS r ON r.indicator = b.indicator AND r.ref_area = 'ASEAN' AND r.is_headline AND area <> 'ASEAN'
LEFT JOIN reference.code AS u ON u.codelist = 'unit' AND u.code = b.unit_measure
WHERE b.ref_area = area AND b.is_headline
ORDER BY i.indicator_group, i.tier, b.indicator
