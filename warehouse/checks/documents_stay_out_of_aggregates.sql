-- severity: blocks
-- description: No figure quoted in a document and no unreliable value enters a regional figure
-- finding: {n} quoted or unreliable [figure enters|figures enter] a regional figure
SELECT m.indicator, m.area_group, m.reference_year, m.ref_area, v.dataset_kind, v.obs_status
FROM indicator_set.aggregate_member AS m
JOIN indicator_set.value AS v ON v.observation_id = m.observation_id
WHERE v.dataset_kind = 'document' OR v.obs_status IN ('U', 'V')
