-- as_of(DATE '2022-12-31'): the country values that were chosen on that day, from the vintages published by then, with
-- the current definitions. Columns: those of indicator_set.value, snapshot_id and snapshot_row. Regional figures are
-- not included
CREATE MACRO as_of(known_on) AS TABLE
SELECT * EXCLUDE (known_from, known_to)
FROM indicator_set.value_history
WHERE known_from <= CAST(known_on AS DATE) AND (known_to IS NULL OR known_to > CAST(known_on AS DATE))
