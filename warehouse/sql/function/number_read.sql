-- number_read('2.5e3', 3): reads a text as a number, times ten to the power of a multiplier; NULL where it is not a
-- number. The multiplier is added to the exponent, so that 0.083 and 3 give exactly 83
CREATE MACRO number_read(published, multiplier) AS
CASE
    WHEN regexp_full_match(published, '[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?')
        THEN TRY_CAST(concat(
            split_part(lower(published), 'e', 1), 'e',
            CAST(coalesce(TRY_CAST(nullif(split_part(lower(published), 'e', 2), '') AS INTEGER), 0) + coalesce(multiplier, 0) AS VARCHAR)
        ) AS DOUBLE)
END
