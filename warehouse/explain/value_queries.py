"""The queries of explanation.py; parameters are by name, columns are the fields of the data classes."""

from __future__ import annotations

from collections.abc import Iterable

from indicator_defs.breakdowns import BREAKDOWNS

# The file with the row of an observation o, and its checksum from the list of files of its snapshot n.
FILE_COLUMNS = """
    split_part(o.snapshot_row, ':', 1) AS file, nullif(
        split_part(split_part('; ' || n.files, '; ' || split_part(o.snapshot_row, ':', 1) || ' ', 2), ';', 1), ''
    ) AS sha256
"""
# The fields of explanation_parts.ValueLineage, from an observation o and its snapshot n.
LINEAGE_COLUMNS = f"""
    o.time_period, o.value_text, o.feed, n.producer, o.vintage_date, o.snapshot_id, {FILE_COLUMNS}, o.snapshot_row,
    o.observation_id
"""

# The breakdowns of a cell as one text, as in the column `cell` of indicator_set.value.
CELL = f"concat_ws('|', {', '.join(f'{{0}}.{b}' for b in BREAKDOWNS)})"


def _columns(alias: str, names: Iterable[str] = BREAKDOWNS, prefix: str = "") -> str:
    return ", ".join(f"{alias}.{prefix}{b}" for b in names)


INDICATOR = """
SELECT i.*, u.name AS unit
FROM reference.indicator AS i
LEFT JOIN reference.code AS u ON u.codelist = 'unit' AND u.code = i.unit_measure
WHERE i.indicator = $indicator
"""

VALUE = """
SELECT
    v.obs_value, v.value_text, v.lower_bound, v.upper_bound, v.obs_status, s.name AS status, v.published_status,
    CASE
        WHEN v.obs_status IS NOT DISTINCT FROM v.published_status THEN NULL
        WHEN v.correction IS NOT NULL THEN 'correction: ' || v.correction
        WHEN o.is_superseded THEN 'the producer has superseded its vintage, and no newer one is available'
        WHEN v.dataset_kind = 'document' THEN 'a figure quoted in a document'
        WHEN v.role = 'extended backwards' THEN 'from another feed, extended backwards: not comparable with later years'
    END AS status_changed_by,
    v.nature, v.footnote, o.source_citation, v.time_detail, v.role, v.in_aggregates, v.is_member, v.break_before,
    (
        SELECT string_agg(b.why || ' Evidence: ' || b.evidence || ' (' || b.break_file || ')', ' ' ORDER BY b.break_year)
        FROM reference.series_break AS b
        WHERE b.indicator = v.indicator AND b.ref_area = v.ref_area AND b.break_year <= v.time_period
            AND b.break_year > (
                SELECT max(p.time_period) FROM indicator_set.value AS p
                WHERE p.indicator = $indicator AND p.ref_area = $area AND p.cell = $cell AND p.time_period < $year
            )
    ) AS break_why,
    v.above_maximum,
    v.observation_id
FROM indicator_set.value AS v
JOIN harmonised.observation AS o ON o.observation_id = v.observation_id
LEFT JOIN reference.code AS s ON s.codelist = 'obs_status' AND s.code = v.obs_status
WHERE v.indicator = $indicator AND v.ref_area = $area AND v.time_period = $year AND v.cell = $cell
"""

ORIGIN = f"""
SELECT
    o.observation_id, o.feed, o.source, o.dataset, o.provider_series,
    (
        SELECT min(c.definition_file || ':' || c.definition_line)
        FROM reference.claim AS c
        WHERE c.indicator = o.indicator AND c.feed = o.feed
            AND c.provider_series = coalesce(r.new_series, o.provider_series)
            AND o.vintage_date >= coalesce(c.vintage_from, o.vintage_date)
            AND o.vintage_date <= coalesce(c.vintage_to, o.vintage_date)
    ) AS definition,
    r.rename_file || ':' || r.rename_line AS series_renamed_by,
    n.producer, o.vintage_date, n.fetched_at, n.address, n.licence, n.is_rebuilt, n.note, o.snapshot_id, {FILE_COLUMNS},
    'staged.' || d.staged_table AS staged_table, d.staged_table AS staged_name, o.snapshot_row
FROM harmonised.observation AS o
JOIN lineage.snapshot AS n ON n.snapshot_id = o.snapshot_id
JOIN reference.dataset AS d ON d.provider = o.source AND d.dataset = o.dataset
LEFT JOIN reference.series_rename AS r
    ON r.provider = o.source AND r.dataset = o.dataset AND r.old_series = o.provider_series
WHERE o.observation_id = $id
"""

SETTINGS = f"""
SELECT r.rename_file || ':' || r.rename_line AS place, {_columns("r", prefix="set_")}
FROM harmonised.observation AS o
JOIN reference.series_rename AS r
    ON r.provider = o.source AND r.dataset = o.dataset AND r.old_series = o.provider_series
WHERE o.observation_id = $id
UNION ALL
SELECT c.definition_file || ':' || c.definition_line, {_columns("c", prefix="set_")}
FROM harmonised.observation AS o
LEFT JOIN reference.series_rename AS r
    ON r.provider = o.source AND r.dataset = o.dataset AND r.old_series = o.provider_series
JOIN reference.claim AS c
    ON c.indicator = o.indicator AND c.feed = o.feed AND c.provider_series = coalesce(r.new_series, o.provider_series)
    AND o.vintage_date >= coalesce(c.vintage_from, o.vintage_date)
    AND o.vintage_date <= coalesce(c.vintage_to, o.vintage_date)
WHERE o.observation_id = $id
"""

TRANSLATIONS = """
SELECT x.concept, x.dimension, x.code, x.target, x.note, x.crosswalk_file || ':' || x.crosswalk_line AS place
FROM reference.crosswalk AS x
LEFT JOIN staged.series_dimension AS y
    ON y.provider = x.provider AND y.dataset = $dataset AND y.series = $series AND y.series_key = $series_key
    AND y.dimension = x.dimension AND y.code = x.code
WHERE x.provider = $provider AND CASE x.concept
    WHEN 'ref_area' THEN x.code = $ref_area
    WHEN 'unit_measure' THEN x.code = $unit_measure
    WHEN 'obs_status' THEN x.code = $obs_status
    WHEN 'nature' THEN x.code = $nature
    ELSE y.code IS NOT NULL
END
ORDER BY
    CASE x.concept
        WHEN 'ref_area' THEN 0 WHEN 'unit_measure' THEN 2 WHEN 'obs_status' THEN 3 WHEN 'nature' THEN 4 ELSE 1
    END,
    x.dimension, x.concept
"""

FEEDS = """
SELECT
    feed, preference, is_chosen, reason, dataset_kind, source_rank, vintage_date, n_values, first_year, last_year,
    agreeing_points, extends_backwards
FROM indicator_set.choice
WHERE indicator = $indicator AND ref_area = $area AND breakdown_family = $family
ORDER BY preference
"""

CANDIDATES = f"""
WITH cell AS (
    SELECT o.*, count(DISTINCT o.value_text) OVER (PARTITION BY o.time_period, o.feed, o.snapshot_id) AS texts
    FROM harmonised.observation AS o
    WHERE o.indicator = $indicator AND o.ref_area = $area AND o.time_period BETWEEN $year - 1 AND $year + 1
        AND {CELL.format("o")} = $cell
)
SELECT
    o.time_period, o.feed, o.value_text, o.obs_status, o.vintage_date, v.observation_id IS NOT NULL AS is_used,
    CASE
        WHEN v.observation_id IS NOT NULL THEN v.role
        WHEN o.obs_value IS NULL AND o.lower_bound IS NULL AND o.upper_bound IS NULL THEN 'published without a number'
        WHEN k.action = 'exclude_from_use' THEN 'excluded by a correction'
        WHEN o.texts > 1 THEN 'published twice in the series, with different values'
        WHEN o.candidate_no > 1 THEN 'published twice in the series, with the same value'
        WHEN h.extends_backwards THEN
            'may only extend the chosen feed backwards, which starts earlier or has this value in a neighbouring year'
        WHEN h.feed IS NOT NULL THEN 'another feed is chosen: ' || h.reason
        ELSE 'its feed has no usable value for this area and breakdown'
    END AS why,
    o.snapshot_id, o.snapshot_row, o.observation_id
FROM cell AS o
LEFT JOIN indicator_set.value AS v ON v.observation_id = o.observation_id
LEFT JOIN indicator_set.choice AS h
    ON h.indicator = o.indicator AND h.ref_area = o.ref_area AND h.breakdown_family = $family AND h.feed = o.feed
LEFT JOIN lineage.correction AS k ON k.observation_id = o.observation_id AND k.applied
ORDER BY abs(o.time_period - $year), o.time_period, is_used DESC, h.preference, o.feed, o.candidate_no
"""

CORRECTIONS = f"""
SELECT
    k.action, k.applied, k.expected_text, k.found_text, k.why, k.evidence, k.reported, r.correction_file AS place
FROM lineage.correction AS k
JOIN reference.correction AS r ON r.correction_id = k.correction_id
WHERE r.indicator = $indicator AND r.ref_area = $area AND r.time_period = $year AND {CELL.format("r")} = $cell
ORDER BY k.correction_id
"""

REVISIONS = f"""
SELECT revision_class, feed, vintage_from, vintage_to, time_period, time_period_from, text_from, text_to, fields
FROM lineage.revision AS r
WHERE r.indicator = $indicator AND r.ref_area = $area AND $year IN (r.time_period, r.time_period_from)
    AND {CELL.format("r")} = $cell
ORDER BY r.vintage_to, r.feed, r.time_period, r.observation_id
"""

WITHDRAWN_IDS = f"""
SELECT DISTINCT r.observation_id AS id
FROM lineage.revision AS r
WHERE r.indicator = $indicator AND r.ref_area = $area AND r.time_period = $year AND {CELL.format("r")} = $cell
"""

VINTAGES = """
SELECT vintage_date, value_text, obs_status, snapshot_id, snapshot_row, observation_id
FROM lineage.vintage_value
WHERE list_contains($ids, observation_id)
ORDER BY vintage_date, snapshot_id, snapshot_row
"""

BASELINE = """
SELECT
    baseline_year, baseline_value, latest_year, latest_value, change, change_areas, comparable, reason,
    area_type = 'country' AND baseline_value IS NOT NULL AND baseline_observation_id IS NULL AS is_averaged
FROM baseline.value
WHERE indicator = $indicator AND ref_area = $area AND cell = $cell
"""

AVERAGED = f"""
SELECT {LINEAGE_COLUMNS}
FROM indicator_set.value AS v
CROSS JOIN reference.settings AS s
JOIN harmonised.observation AS o ON o.observation_id = v.observation_id
JOIN lineage.snapshot AS n ON n.snapshot_id = o.snapshot_id
WHERE v.indicator = $indicator AND v.ref_area = $area AND v.cell = $cell AND v.obs_value IS NOT NULL
    AND v.time_period BETWEEN s.baseline_from AND s.baseline_to
ORDER BY v.time_period
"""

AVAILABILITY = """
SELECT q.breakdown, q.reason, coalesce(c.name || ' (' || q.filled_by || ')', q.filled_by) AS filled_by
FROM quality.availability AS q
LEFT JOIN reference.code AS c ON c.codelist = 'body' AND c.code = q.filled_by
WHERE q.indicator = $indicator AND q.ref_area = $area AND list_contains($breakdowns, q.breakdown)
ORDER BY q.breakdown
"""

NEAR_YEARS = f"""
SELECT v.time_period, v.value_text, v.feed, {_columns("v")}, {_columns("i", prefix="headline_")}
FROM indicator_set.value AS v
JOIN reference.indicator AS i ON i.indicator = v.indicator
WHERE v.indicator = $indicator AND v.ref_area = $area AND v.cell = $cell
ORDER BY abs(v.time_period - $year), v.time_period
LIMIT 6
"""

NEAR_GROUP_YEARS = f"""
SELECT
    v.time_period, coalesce(CAST(v.obs_value AS VARCHAR), 'withheld') AS value_text,
    'class ' || v.publication_class AS feed,
    {_columns("v")}, {_columns("i", prefix="headline_")}
FROM indicator_set.aggregate AS v
JOIN reference.indicator AS i ON i.indicator = v.indicator
WHERE v.indicator = $indicator AND v.ref_area = $area AND v.cell = $cell
ORDER BY abs(v.time_period - $year), v.time_period
LIMIT 6
"""

NEAR_GROUP_BREAKDOWNS = f"""
SELECT
    v.time_period, coalesce(CAST(v.obs_value AS VARCHAR), 'withheld') AS value_text,
    'class ' || v.publication_class AS feed,
    {_columns("v")}, {_columns("i", prefix="headline_")}
FROM indicator_set.aggregate AS v
JOIN reference.indicator AS i ON i.indicator = v.indicator
WHERE v.indicator = $indicator AND v.ref_area = $area AND v.cell <> $cell AND v.time_period = $year
ORDER BY v.is_headline DESC, v.publication_class, v.cell
LIMIT 12
"""

NEAR_BREAKDOWNS = f"""
SELECT v.time_period, v.value_text, v.feed, {_columns("v")}, {_columns("i", prefix="headline_")}
FROM indicator_set.value AS v
JOIN reference.indicator AS i ON i.indicator = v.indicator
WHERE v.indicator = $indicator AND v.ref_area = $area AND v.cell <> $cell
QUALIFY abs(v.time_period - $year) <= greatest(1, min(abs(v.time_period - $year)) OVER ())
ORDER BY abs(v.time_period - $year), v.is_headline DESC, length(v.breakdown_family), v.cell, v.time_period
LIMIT 12
"""

CLAIMED_TABLES = """
SELECT DISTINCT d.staged_table
FROM reference.claim AS c
JOIN reference.dataset AS d ON d.provider = c.provider AND d.dataset = c.dataset
JOIN lineage.rejection AS r ON r.provider = c.provider AND r.dataset = c.dataset
WHERE c.indicator = $indicator
ORDER BY d.staged_table
"""

REJECTIONS = """
SELECT DISTINCT r.reason, r.detail, r.row_as_published, r.snapshot_id, r.snapshot_row
FROM lineage.rejection AS r
JOIN {table} AS s ON s.snapshot_id = r.snapshot_id AND s.snapshot_row = r.snapshot_row AND s.series = r.series
JOIN reference.crosswalk AS x ON x.provider = s.provider AND x.concept = 'ref_area' AND x.code = s.ref_area
LEFT JOIN reference.series_rename AS m ON m.provider = s.provider AND m.dataset = s.dataset AND m.old_series = s.series
JOIN reference.claim AS c
    ON c.provider = s.provider AND c.dataset = s.dataset AND c.provider_series = coalesce(m.new_series, s.series)
WHERE c.indicator = $indicator AND x.target = $area AND s.time_period = $period
ORDER BY r.snapshot_id DESC, r.snapshot_row
LIMIT 12
"""
