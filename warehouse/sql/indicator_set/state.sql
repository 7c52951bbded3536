-- indicator_set.state: the dates on which a source of an indicator published a vintage; each begins a new state of its
-- sources. The state without known_to is the current one.
WITH published AS (
    SELECT DISTINCT c.indicator, v.vintage_date AS known_from
    FROM lineage.series_vintage AS v
    JOIN reference.claim AS c
        ON c.provider = v.provider AND c.dataset = v.dataset AND c.provider_series = v.current_series
    WHERE v.is_declared
)
SELECT
    indicator, row_number() OVER in_order AS state_no, known_from, lead(known_from) OVER in_order AS known_to
FROM published
WINDOW in_order AS (PARTITION BY indicator ORDER BY known_from)
ORDER BY indicator, state_no
