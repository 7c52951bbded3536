-- severity: informs
-- description: Large steps that nobody has looked at; changes across them are not shown as comparable
SELECT indicator, ref_area, time_period, cell, obs_value FROM indicator_set.value WHERE break_before = 'step'
