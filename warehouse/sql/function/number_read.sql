-- number_read('2.5e3', 3): the number that a text is, times ten to the power of a multiplier; NULL where it is none. The
-- multiplier moves the exponent, so that 0.083 and 3 are 83 to the last bit
CREATE MACRO number_read(published, multiplier) AS
CASE
    WHEN regexp_full_match(published, '[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?')
        THEN TRY_CAST(concat(
            split_part(lower(published), 'e', 1), 'e',
            CAST(coalesce(TRY_CAST(nullif(split_part(lower(published), 'e', 2), '') AS INTEGER), 0) + coalesce(multiplier, 0) AS VARCHAR)
        ) AS DOUBLE)
END
