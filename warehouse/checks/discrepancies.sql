-- severity: informs
-- description: Sources that differ on one cell by more than 0.5 points and 5 % (lineage.discrepancy)
SELECT indicator, ref_area, time_period, feed, obs_value, other_feed, other_value FROM lineage.discrepancy
