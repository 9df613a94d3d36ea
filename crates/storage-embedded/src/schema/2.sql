-- Settings as JSON with a version; absent is the default of everything.
ALTER TABLE workspaces ADD COLUMN settings TEXT;

-- Keys get a name, a hint, and a life. What their text was is not known any more.
CREATE TABLE api_keys_2 (
    id           BLOB    NOT NULL PRIMARY KEY,
    hash         BLOB    NOT NULL UNIQUE,
    workspace_id BLOB    NOT NULL REFERENCES workspaces (id),
    kind         TEXT    NOT NULL CHECK (kind IN ('backend', 'sdk')),
    -- Of an SDK key alone: that one is public.
    text         TEXT    CHECK (text IS NULL OR kind = 'sdk'),
    hint         TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER,
    revoked_at   INTEGER
) STRICT;

INSERT INTO api_keys_2 (id, hash, workspace_id, kind, hint, created_at)
SELECT randomblob(16), hash, workspace_id, kind, '', created_at FROM api_keys;

DROP TABLE api_keys;
ALTER TABLE api_keys_2 RENAME TO api_keys;

CREATE TABLE sessions (
    hash       BLOB    NOT NULL PRIMARY KEY,
    member_id  BLOB    NOT NULL REFERENCES members (id),
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX sessions_by_member ON sessions (member_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
CREATE INDEX workspace_members_by_member ON workspace_members (member_id);

-- What members decided about triggers; what was seen of them lies in activity.
CREATE TABLE triggers (
    workspace_id BLOB    NOT NULL REFERENCES workspaces (id),
    kind         TEXT    NOT NULL CHECK (kind IN ('backend', 'frontend')),
    name         TEXT    NOT NULL,
    archived     INTEGER NOT NULL CHECK (archived IN (0, 1)),
    PRIMARY KEY (workspace_id, kind, name)
) STRICT;
