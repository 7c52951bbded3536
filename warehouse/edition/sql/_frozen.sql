-- Temporary views with the rows of large tables that an edition contains: those that the baseline is based on.

-- The chosen values: at both ends, of members of a regional figure, averaged for counts of events, or at a break
-- between the ends.
CREATE OR REPLACE TEMP VIEW "indicator_set.value" AS
SELECT v.*
FROM indicator_set.value AS v
CROSS JOIN reference.settings AS s
JOIN reference.indicator AS i ON i.indicator = v.indicator
JOIN reference.method AS m ON m.method = i.method
LEFT JOIN baseline.value AS b ON b.indicator = v.indicator AND b.ref_area = v.ref_area AND b.cell = v.cell
WHERE v.observation_id = b.baseline_observation_id
    OR v.observation_id = b.latest_observation_id
    OR v.observation_id IN (
        SELECT r.observation_id
        FROM indicator_set.aggregate_member AS r
        JOIN reference.settings AS t ON r.reference_year IN (t.baseline_year, t.latest_reference_year)
        WHERE r.observation_id IS NOT NULL
    )
    OR (v.dataset_kind = 'document' AND i.indicator_group = 'documents' AND v.is_headline)  -- table A4
    OR (m.event_count AND v.time_period BETWEEN s.baseline_from AND s.baseline_to)
    OR (v.break_before IS NOT NULL AND v.time_period > b.baseline_year AND v.time_period <= b.latest_year);

CREATE OR REPLACE TEMP VIEW "harmonised.observation" AS
SELECT o.*
FROM harmonised.observation AS o
WHERE o.observation_id IN (SELECT v.observation_id FROM "indicator_set.value" AS v);

CREATE OR REPLACE TEMP VIEW "indicator_set.aggregate" AS
SELECT a.*
FROM indicator_set.aggregate AS a
JOIN reference.settings AS s ON a.time_period IN (s.baseline_year, s.latest_reference_year);

CREATE OR REPLACE TEMP VIEW "indicator_set.aggregate_member" AS
SELECT m.*
FROM indicator_set.aggregate_member AS m
JOIN reference.settings AS s ON m.reference_year IN (s.baseline_year, s.latest_reference_year);

CREATE OR REPLACE TEMP VIEW "indicator_set.weight_value" AS
SELECT w.*
FROM indicator_set.weight_value AS w
JOIN reference.settings AS s ON w.time_period IN (s.baseline_year, s.latest_reference_year);
