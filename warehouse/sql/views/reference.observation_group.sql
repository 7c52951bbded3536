SELECT o.observation_id, g.target_group, g.match
FROM harmonised.observation AS o
JOIN reference.cell_group AS g ON g.indicator = o.indicator AND g.cell = o.cell
