CREATE TABLE workspaces (
    id          BLOB    NOT NULL PRIMARY KEY,
    name        TEXT    NOT NULL UNIQUE,
    wait_ms     INTEGER NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE members (
    id            BLOB NOT NULL PRIMARY KEY,
    email         TEXT NOT NULL UNIQUE COLLATE NOCASE,
    password_hash TEXT NOT NULL
) STRICT;

CREATE TABLE workspace_members (
    workspace_id BLOB NOT NULL REFERENCES workspaces (id),
    member_id    BLOB NOT NULL REFERENCES members (id),
    role         TEXT NOT NULL CHECK (role IN ('owner')),
    PRIMARY KEY (workspace_id, member_id)
) STRICT;

CREATE TABLE api_keys (
    hash         BLOB    NOT NULL PRIMARY KEY,
    workspace_id BLOB    NOT NULL REFERENCES workspaces (id),
    kind         TEXT    NOT NULL CHECK (kind IN ('backend', 'sdk')),
    created_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE secrets (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;

CREATE TABLE surveys (
    workspace_id BLOB    NOT NULL REFERENCES workspaces (id),
    id           BLOB    NOT NULL,
    status       TEXT    NOT NULL CHECK (status IN ('draft', 'live', 'paused', 'ended')),
    draft        TEXT    NOT NULL,
    -- The number of the published version; 0 before the first.
    published    INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, id)
) STRICT;

CREATE TABLE survey_versions (
    workspace_id BLOB    NOT NULL,
    survey_id    BLOB    NOT NULL,
    number       INTEGER NOT NULL CHECK (number >= 1),
    document     TEXT    NOT NULL,
    published_at INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, survey_id, number),
    FOREIGN KEY (workspace_id, survey_id) REFERENCES surveys (workspace_id, id)
) STRICT;

-- One display that was shown. Fed from activity, which knows no catalogue: so no foreign keys.
CREATE TABLE responses (
    workspace_id BLOB    NOT NULL,
    display_id   BLOB    NOT NULL,
    survey_id    BLOB    NOT NULL,
    anonymous    INTEGER NOT NULL,
    user_id      TEXT    NOT NULL,
    -- The display as JSON; its own fields are read from here.
    display      TEXT    NOT NULL,
    PRIMARY KEY (workspace_id, display_id)
) STRICT;

CREATE INDEX responses_by_survey ON responses (workspace_id, survey_id, display_id);
CREATE INDEX responses_by_user ON responses (workspace_id, anonymous, user_id);

-- How far activity was told to this database: changed in the transaction of what was told.
CREATE TABLE projection (
    one           INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    projected_seq INTEGER NOT NULL
) STRICT;

INSERT INTO projection (one, projected_seq) VALUES (1, 0);
