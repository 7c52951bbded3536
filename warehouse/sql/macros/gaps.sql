-- gaps('LAO'): the headline figures of an area that are missing, old, superseded or from a document, with the reason
-- and the body that could fill the gap; core indicators first
CREATE MACRO gaps(area) AS TABLE
SELECT
    q.indicator, i.name AS indicator_name, i.tier, i.indicator_group, q.availability, q.shown_as, q.latest_year, q.reason, q.filled_by
FROM quality.availability AS q
JOIN reference.indicator AS i ON i.indicator = q.indicator
WHERE q.ref_area = area AND q.breakdown = 'headline' AND q.availability <> 'available'
ORDER BY i.tier, q.indicator
