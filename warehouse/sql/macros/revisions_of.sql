-- revisions_of('ASP_COV_SPL'): the changes that providers made to an indicator between vintages: withdrawn values
-- first, then changes by size; for one area: area := 'THA'
CREATE MACRO revisions_of(indicator_code, area := NULL) AS TABLE
SELECT
    r.revision_class, r.ref_area, r.time_period, r.sex, r.age, r.vintage_from, r.vintage_to, r.text_from, r.text_to, r.size,
    r.source, r.provider_series, r.observation_id
FROM lineage.revision AS r
WHERE r.indicator = indicator_code AND (area IS NULL OR r.ref_area = area)
    AND r.revision_class IN ('withdrawn', 'changed', 're_dated', 'new')
ORDER BY
    CASE r.revision_class WHEN 'withdrawn' THEN 1 WHEN 'changed' THEN 2 WHEN 're_dated' THEN 3 ELSE 4 END,
    abs(r.size) DESC NULLS LAST, r.ref_area, r.time_period, r.vintage_to, r.observation_id
