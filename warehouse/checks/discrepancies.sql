-- severity: informs
-- description: The chosen value of a cell differs from no other source by more than 0.5 points and 5 % (lineage.discrepancy)
-- finding: {n} chosen [value differs|values differ] from another source by more than 0.5 points and 5 %
SELECT indicator, ref_area, time_period, feed, obs_value, other_feed, other_value FROM lineage.discrepancy
