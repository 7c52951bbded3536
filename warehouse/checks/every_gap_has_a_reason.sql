-- severity: blocks
-- description: Every missing figure of a member has a listed reason and a body that could supply it
-- finding: {n} missing [figure has|figures have] no listed reason, or no body that could supply [it|them]
SELECT indicator, ref_area, breakdown, availability, reason_code, filled_by
FROM quality.availability
WHERE (availability = 'available') <> (reason_code IS NULL)
    OR reason_code NOT IN (SELECT code FROM reference.code WHERE codelist = 'gap_reason')
    OR (reason_code <> 'not_applicable' AND filled_by IS NULL)
