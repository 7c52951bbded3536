-- quality.published_aggregate: aggregates that providers publish, compared with our figures (quality.aggregate_pair),
-- with the likely reason of a difference: the first of these rules that applies (quality.aggregate_test has the tests).
--   withheld      our figure is of class C
--   censored      the provider publishes a bound instead of a number
--   agrees        the difference is within the tolerance
--   method        our figure is a median
--   vintage       the values of our members in the provider's own series explain it
--   older_values  the values of the provider's series nearest to the year explain it
--   weights       the total population as weight explains it
--   membership    the provider's aggregate has other members
--   imputation    the provider imputes values, and the value that members without one here would need is plausible
--   older_values  the values in our figure are on average at least one year older
--   weights       our weight is a proxy or carried forward from an earlier year
--   unexplained   none of these
WITH difference AS (
    SELECT
        p.*, t.with_their_values, t.with_nearest_values, t.with_population, t.missing_areas, t.missing_area_names,
        t.needed_of_missing, t.n_other_values, t.n_other_years, t.nearest_values_explain, t.population_explains,
        CASE
            WHEN p.our_value IS NULL THEN 'withheld'
            WHEN p.published_value IS NULL THEN 'censored'
            WHEN p.agrees THEN 'agrees'
            WHEN p.kind = 'median' THEN 'method'
            WHEN t.their_values_explain THEN 'vintage'
            WHEN t.nearest_values_explain THEN 'older_values'
            WHEN t.population_explains THEN 'weights'
            WHEN p.members_differ THEN 'membership'
            WHEN p.imputes AND t.needed_is_possible THEN 'imputation'
            WHEN p.time_period - p.mean_year >= 1 THEN 'older_values'
            WHEN p.kind = 'mean' AND p.weight_is_weak THEN 'weights'
            ELSE 'unexplained'
        END AS likely_reason
    FROM quality.aggregate_pair AS p
    JOIN quality.aggregate_test AS t ON t.observation_id = p.observation_id
),
explained AS (
    SELECT
        *,
        CASE likely_reason
            WHEN 'withheld' THEN CASE WHEN class_reason IS NULL THEN 'withheld_for_few_members' ELSE 'withheld_for_class' END
            WHEN 'censored' THEN 'published_as_bound'
            WHEN 'method' THEN 'median_of_members'
            WHEN 'vintage' THEN CASE n_other_values WHEN 1 THEN 'provider_value_of_one' ELSE 'provider_values' END
            WHEN 'weights' THEN CASE WHEN population_explains THEN 'population_weight' ELSE 'weak_weight' END
            WHEN 'membership' THEN 'other_members'
            WHEN 'imputation' THEN CASE kind WHEN 'sum' THEN 'imputed_in_sum' ELSE 'imputed_in_mean' END
            WHEN 'older_values' THEN CASE WHEN nearest_values_explain THEN 'nearest_values' ELSE 'values_of_other_years' END
            WHEN 'unexplained' THEN
                CASE WHEN needed_of_missing IS NULL THEN 'nothing_explains' ELSE 'needed_value_implausible' END
        END AS sentence_code
    FROM difference
)
SELECT
    d.observation_id, d.indicator, d.area_group, d.source, d.published_area, d.provider_series, d.vintage_date,
    d.time_period, d."@breakdowns", d.cell, d.is_headline, d.published_value, d.published_text, d.published_status,
    d.published_nature, d.our_value, d.publication_class, d.difference,
    d.difference / nullif(abs(d.published_value), 0) AS relative_difference, d.is_large, d.likely_reason, d.sentence_code,
    filled(s.name, MAP {
        'class_reason': d.class_reason, 'published_text': d.published_text,
        'n_other_values': CAST(d.n_other_values AS VARCHAR), 'n_other_years': CAST(d.n_other_years AS VARCHAR),
        'n_areas': CAST(d.n_areas AS VARCHAR), 'mean_year': CAST(half_up(d.mean_year, 1) AS VARCHAR),
        'with_their_values': CAST(half_up(d.with_their_values, 2) AS VARCHAR),
        'with_nearest_values': CAST(half_up(d.with_nearest_values, 2) AS VARCHAR),
        'with_population': CAST(half_up(d.with_population, 2) AS VARCHAR), 'missing_areas': d.missing_area_names,
        'missing_weight': CAST(half_up(100 * (1 - d.weight_covered), 1) AS VARCHAR),
        'needed_together': CAST(half_up(d.needed_of_missing, 2) AS VARCHAR),
        'needed_on_average': CAST(half_up(d.needed_of_missing, 1) AS VARCHAR)
    }) AS explanation,
    d.with_their_values, d.with_nearest_values, d.with_population, d.missing_areas, d.needed_of_missing,
    d.weight_covered, d.n_areas, d.n_members, d.mean_year
FROM explained AS d
LEFT JOIN reference.code AS s ON s.codelist = 'sentence' AND s.code = d.sentence_code
ORDER BY d.indicator, d.area_group, d.source, d.cell, d.time_period, d.observation_id
