-- filled(sentence, MAP {'year': '2015'}): a sentence of the code list sentence with the contents of its {places}; a place
-- whose content is NULL is left empty. NULL without a sentence
CREATE MACRO filled(sentence, contents) AS
CASE
    WHEN sentence IS NOT NULL THEN list_reduce(
        map_keys(contents),
        lambda text, place: replace(text, concat('{', place, '}'), coalesce(contents[place], '')),
        sentence
    )
END
