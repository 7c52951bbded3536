-- severity: informs
-- description: No source differs from the chosen one on a cell by more than 0.5 points and 5 % (lineage.discrepancy)
-- finding: {n} [value differs|values differ] from another source by more than 0.5 points and 5 %
SELECT indicator, ref_area, time_period, feed, obs_value, other_feed, other_value FROM lineage.discrepancy
