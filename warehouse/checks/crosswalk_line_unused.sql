-- severity: informs
-- description: Every line of a crosswalk translates a code of an available answer
-- finding: {n} [line of a crosswalk translates a code|lines of crosswalks translate codes] that the stored data do not contain
SELECT x.provider, x.dimension, x.code, x.crosswalk_file, x.crosswalk_line
FROM reference.crosswalk AS x
WHERE x.provider IN (SELECT provider FROM reference.dataset WHERE kind = 'statistical') AND x.concept NOT IN ('ref_area', 'obs_status', 'nature', 'unit_measure')
    AND NOT EXISTS (
        SELECT 1 FROM staged.series_dimension AS d
        WHERE d.provider = x.provider AND d.dimension = x.dimension AND d.code = x.code
    )
