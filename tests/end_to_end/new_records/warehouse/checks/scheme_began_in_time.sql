-- severity: warns
-- description: Schemes with a row for a year before they began
-- finding: {n} [scheme has a row|schemes have rows] for a year before it began
SELECT scheme, year, began
FROM staged.made_up__schemes
WHERE year < extract(year FROM began)
