-- half_up(obs_value, 1): rounds a number as everywhere in Payung: half up, on its decimal digits as published. The
-- round() of the engine multiplies the binary number first and can round down: round(1.005, 2) is 1.0
CREATE MACRO half_up(value, decimals) AS
CASE
    WHEN abs(value) < 1e15 THEN CAST(round(CAST(CAST(value AS VARCHAR) AS DECIMAL(38, 22)), decimals) AS DOUBLE)
    ELSE CAST(value AS DOUBLE)
END
