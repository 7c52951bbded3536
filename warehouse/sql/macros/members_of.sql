-- members_of('ASP_COV_PENSN', 'ASEAN', 2023): the member values and weights behind one regional headline figure; a
-- value with an observation_id can be followed to its source
CREATE MACRO members_of(indicator_code, area_group_code, requested_year) AS TABLE
SELECT
    m.ref_area, a.name AS area_name, m.value_year, m.value_low, m.value_high, m.weight_value, m.weight_share, m.weight_filling,
    m.weight_is_proxy, m.nature, m.obs_status, m.is_extended, m.is_capped, m.observation_id
FROM indicator_set.aggregate_member AS m
JOIN indicator_set.aggregate AS r
    ON r.indicator = m.indicator AND r.ref_area = m.area_group AND r.time_period = m.reference_year AND r.cell = m.cell
JOIN reference.area AS a ON a.ref_area = m.ref_area
WHERE m.indicator = indicator_code AND m.area_group = area_group_code AND m.reference_year = requested_year AND r.is_headline
ORDER BY a.sort_order
