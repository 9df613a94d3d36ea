-- How many responses of a survey were ever completed, for its quota: deleting responses does not lower it. Fed from
-- activity, as responses are.
CREATE TABLE completions (
    workspace_id BLOB    NOT NULL,
    survey_id    BLOB    NOT NULL,
    completed    INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, survey_id)
) STRICT, WITHOUT ROWID;

INSERT INTO completions (workspace_id, survey_id, completed)
SELECT workspace_id, survey_id, count(*) FROM responses WHERE completed GROUP BY workspace_id, survey_id;
