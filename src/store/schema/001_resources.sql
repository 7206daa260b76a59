-- Resources as documents, and the access keys that may touch them.
-- scope is "<region>:<account>:<type>": what quotas count and lists list.

CREATE TABLE resource (
    seq         SEQUENCE_KEY,
    arn         TEXT NOT NULL,
    scope       TEXT NOT NULL,
    name        TEXT NOT NULL,
    parent      TEXT NOT NULL,
    parent_seq  BIGINT,
    state       TEXT NOT NULL,
    unique_key  TEXT,
    lookup      BYTEA,
    created_ms  BIGINT NOT NULL,
    version     BIGINT NOT NULL,
    body        TEXT NOT NULL,
    tags        TEXT NOT NULL,
    secret      BYTEA
);
CREATE UNIQUE INDEX resource_arn ON resource (arn);
CREATE INDEX resource_scope ON resource (scope, seq);
CREATE INDEX resource_name ON resource (scope, name, seq) WHERE name <> '';
CREATE INDEX resource_parent ON resource (parent_seq, seq) WHERE parent_seq IS NOT NULL;
CREATE UNIQUE INDEX resource_key ON resource (scope, unique_key) WHERE unique_key IS NOT NULL;
CREATE UNIQUE INDEX resource_lookup ON resource (lookup) WHERE lookup IS NOT NULL;

-- The body of the resource from_seq names to_arn.
CREATE TABLE resource_ref (
    to_arn      TEXT NOT NULL,
    from_seq    BIGINT NOT NULL,
    PRIMARY KEY (to_arn, from_seq)
);
CREATE INDEX resource_ref_from ON resource_ref (from_seq);

-- How many resources a scope holds: quotas without counting.
CREATE TABLE tally (
    scope       TEXT NOT NULL PRIMARY KEY,
    n           BIGINT NOT NULL
);

CREATE TABLE access_key (
    id            TEXT NOT NULL PRIMARY KEY,
    account       TEXT NOT NULL,
    secret        BYTEA NOT NULL,
    session_token BYTEA,
    policy        TEXT NOT NULL,
    is_enabled    BIGINT NOT NULL,
    expires_ms    BIGINT NOT NULL,
    created_ms    BIGINT NOT NULL,
    last_used_ms  BIGINT NOT NULL
);
