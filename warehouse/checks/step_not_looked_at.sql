-- severity: informs
-- description: Every large change has been reviewed; values after an unreviewed one are not shown as comparable
-- finding: {n} large [change is|changes are] not yet reviewed and not shown as comparable
SELECT indicator, ref_area, time_period, cell, obs_value FROM indicator_set.value WHERE break_before = 'step'
