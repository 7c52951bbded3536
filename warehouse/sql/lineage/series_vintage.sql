-- lineage.series_vintage: the vintages of each series, in order of time; a renamed series under its current code.
-- For each series (and area) the newest vintage for which it was requested is used; of two with one date, the one
-- downloaded later. A vintage for which the definitions do not declare the meaning of the series (its date is outside the
-- declared dates, or title, unit or attributes differ: lineage.series_description) is not used: the newest declared
-- vintage stays in use until the definition of the claim confirms the new meaning.
WITH requested_series AS (
    SELECT
        n.provider, n.dataset, s.series, coalesce(r.new_series, s.series) AS current_series, s.area_code,
        n.snapshot_id, n.vintage_date, coalesce(n.fetched_at, '') AS fetched_at
    FROM lineage.snapshot AS n
    JOIN lineage.snapshot_series AS s ON s.snapshot_id = n.snapshot_id
    LEFT JOIN reference.series_rename AS r
        ON r.provider = n.provider AND r.dataset = n.dataset AND r.old_series = s.series AND n.vintage_date < r.valid_from
),
requested_vintage AS (  -- an old and a new code in one vintage are one vintage
    SELECT DISTINCT provider, dataset, current_series, area_code, snapshot_id, vintage_date, fetched_at FROM requested_series
),
unaccepted_use AS (  -- claims and weights for which the vintage describes cells differently, or no cell as they expect
    SELECT snapshot_id, current_series, claim_id
    FROM lineage.series_description
    GROUP BY snapshot_id, current_series, claim_id, weight
    HAVING bool_or(blocks) OR bool_and(finding IS NOT NULL)
),
declared_meaning AS (  -- one accepted claim is enough; a series that only weights use must be accepted by the weights
    SELECT
        s.snapshot_id, s.current_series,
        bool_or(
            s.vintage_date >= coalesce(c.vintage_from, s.vintage_date)
            AND s.vintage_date <= coalesce(c.vintage_to, s.vintage_date) AND r.snapshot_id IS NULL
        ) AS is_declared
    FROM (SELECT DISTINCT provider, dataset, current_series, snapshot_id, vintage_date FROM requested_vintage) AS s
    JOIN reference.claim AS c
        ON c.provider = s.provider AND c.dataset = s.dataset AND c.provider_series = s.current_series
    LEFT JOIN unaccepted_use AS r
        ON r.snapshot_id = s.snapshot_id AND r.current_series = s.current_series AND r.claim_id = c.claim_id
    GROUP BY s.snapshot_id, s.current_series
    UNION ALL
    SELECT n.snapshot_id, n.current_series, FALSE AS is_declared
    FROM unaccepted_use AS n
    JOIN lineage.snapshot AS s ON s.snapshot_id = n.snapshot_id
    WHERE NOT EXISTS (
        SELECT 1 FROM reference.claim AS c
        WHERE c.provider = s.provider AND c.dataset = s.dataset AND c.provider_series = n.current_series
    )
    GROUP BY n.snapshot_id, n.current_series
),
classified_vintage AS (
    SELECT s.*, coalesce(m.is_declared, TRUE) AS is_declared
    FROM requested_vintage AS s
    LEFT JOIN declared_meaning AS m ON m.snapshot_id = s.snapshot_id AND m.current_series = s.current_series
),
ordered_vintage AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY provider, dataset, current_series, area_code
            ORDER BY CASE WHEN is_declared THEN 0 ELSE 1 END, vintage_date DESC, fetched_at DESC, snapshot_id DESC
        ) AS age_order,
        row_number() OVER (PARTITION BY provider, dataset, current_series, area_code ORDER BY vintage_date, fetched_at, snapshot_id) AS vintage_no,
        lag(snapshot_id) OVER (PARTITION BY provider, dataset, current_series, area_code ORDER BY vintage_date, fetched_at, snapshot_id) AS previous_snapshot_id
    FROM classified_vintage
)
SELECT
    a.provider, a.dataset, a.series, a.current_series, a.area_code, a.snapshot_id, a.vintage_date, o.vintage_no,
    o.age_order = 1 AS is_newest, o.is_declared, o.previous_snapshot_id
FROM requested_series AS a
JOIN ordered_vintage AS o
    ON o.provider = a.provider AND o.dataset = a.dataset AND o.current_series = a.current_series
    AND o.area_code = a.area_code AND o.snapshot_id = a.snapshot_id
ORDER BY a.provider, a.dataset, a.current_series, a.area_code, o.vintage_no, a.series
