-- baseline.change_class: the class of the change of each group; below B it is not published.
WITH test AS (
    SELECT * FROM baseline.class_test
)
SELECT * FROM "@publication_class"
