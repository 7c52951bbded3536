-- severity: warns
-- description: No chosen value is above the highest possible value; such values stay as published, with a flag
-- finding: {n} chosen [value is|values are] above the highest possible one
SELECT indicator, ref_area, time_period, cell, obs_value FROM indicator_set.value WHERE above_maximum
