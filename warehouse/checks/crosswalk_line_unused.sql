-- severity: informs
-- description: Every crosswalk line is for a code that an answer at hand holds
-- finding: {n} crosswalk [line is for a code|lines are for codes] that no answer at hand contains
SELECT x.provider, x.dimension, x.code, x.crosswalk_file, x.crosswalk_line
FROM reference.crosswalk AS x
WHERE x.provider IN (SELECT provider FROM reference.dataset WHERE kind = 'statistical') AND x.concept NOT IN ('ref_area', 'obs_status', 'nature', 'unit_measure')
    AND NOT EXISTS (
        SELECT 1 FROM staged.series_dimension AS d
        WHERE d.provider = x.provider AND d.dimension = x.dimension AND d.code = x.code
    )
