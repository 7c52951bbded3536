-- filled(sentence, MAP {'year': '2015'}): a sentence of the code list sentence with the contents of its {places}; a
-- place whose content is NULL stays empty; braces in a content are kept as text. NULL without a sentence
CREATE MACRO filled(sentence, contents) AS
CASE
    WHEN sentence IS NOT NULL THEN replace(
        list_reduce(
            list_transform(
                map_entries(contents),
                lambda e: concat('{', e.key, '}', chr(2), coalesce(replace(e.value, '{', chr(1)), ''))
            ),
            lambda text, pair: replace(text, split_part(pair, chr(2), 1), split_part(pair, chr(2), 2)),
            sentence
        ), chr(1), '{'
    )
END
