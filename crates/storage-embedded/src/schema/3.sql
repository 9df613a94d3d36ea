-- Each change of a draft raises its revision, so that two editors notice each other.
ALTER TABLE surveys ADD COLUMN draft_revision INTEGER NOT NULL DEFAULT 1;
-- When the survey first went live.
ALTER TABLE surveys ADD COLUMN launched_at INTEGER;
UPDATE surveys SET launched_at = updated_at WHERE status <> 'draft';

-- How far a display came, read from the display itself; the index alone answers how many of a survey's came how far.
ALTER TABLE responses ADD COLUMN started INTEGER
    GENERATED ALWAYS AS (json_extract(display, '$.first_answered_at') IS NOT NULL) VIRTUAL;
ALTER TABLE responses ADD COLUMN completed INTEGER
    GENERATED ALWAYS AS (json_extract(display, '$.completed_at') IS NOT NULL) VIRTUAL;
CREATE INDEX responses_by_progress ON responses (workspace_id, survey_id, started, completed);

-- Displays whose row was deleted: what is still told of them makes no row again.
CREATE TABLE deleted_responses (
    workspace_id BLOB NOT NULL,
    display_id   BLOB NOT NULL,
    PRIMARY KEY (workspace_id, display_id)
) STRICT, WITHOUT ROWID;
