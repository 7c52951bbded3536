-- indicator_set.figure_class: the class of each regional figure.
WITH test AS (
    SELECT * FROM indicator_set.class_test
)
SELECT * FROM "@publication_class"
