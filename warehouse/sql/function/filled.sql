-- filled(sentence, MAP {'year': '2015'}): a sentence of the code list sentence with the contents of its {places}; a place
-- whose content is NULL is left empty, braces in a content are no place. NULL without a sentence
CREATE MACRO filled(sentence, contents) AS
CASE
    WHEN sentence IS NOT NULL THEN replace(
        list_reduce(
            map_keys(contents),
            lambda text, place: replace(text, concat('{', place, '}'), coalesce(replace(contents[place], '{', chr(1)), '')),
            sentence
        ), chr(1), '{'
    )
END
