-- severity: warns
-- description: No scheme has a row for a year before it began
-- finding: {n} [scheme has a row|schemes have rows] for a year before it began
SELECT scheme, year, began
FROM staged.made_up__schemes
WHERE year < extract(year FROM began)
