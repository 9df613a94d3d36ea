-- Secrets shared with the customer's server, which proves with them who its users are. Kept as they are: a keyed hash
-- cannot be checked without its key.
CREATE TABLE identity_secrets (
    id           BLOB PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id),
    secret       TEXT NOT NULL,
    created_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX identity_secrets_by_workspace ON identity_secrets (workspace_id);
