-- Portable to SQLite and PostgreSQL: texts, 64-bit integers, doubles. Times are Unix milliseconds, flags 0 or 1, lists and
-- objects JSON in TEXT. Numbers are given out by `heads`, under the writer's lock, so that their order is the order of commit.

CREATE TABLE heads (
    name TEXT PRIMARY KEY,
    value BIGINT NOT NULL,
    digest TEXT NOT NULL DEFAULT ''
);
INSERT INTO heads (name, value) VALUES ('writer', 0), ('audit', 0), ('live', 0), ('outbox', 0), ('messages', 0), ('dead', 0);

CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE cameras (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    district TEXT NOT NULL,
    street TEXT NOT NULL,
    version BIGINT NOT NULL,
    site TEXT NOT NULL,
    health TEXT,
    health_ms BIGINT,
    last_seen_ms BIGINT,
    evidence_mode TEXT NOT NULL,
    retired BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE camera_versions (
    camera TEXT NOT NULL REFERENCES cameras (id),
    version BIGINT NOT NULL,
    site TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    by_name TEXT NOT NULL,
    PRIMARY KEY (camera, version)
);

CREATE TABLE zones (
    camera TEXT NOT NULL REFERENCES cameras (id),
    zone TEXT NOT NULL,
    name TEXT NOT NULL,
    key_area BIGINT NOT NULL,
    PRIMARY KEY (camera, zone)
);

CREATE TABLE candidates (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    version BIGINT NOT NULL,
    kind TEXT NOT NULL,
    camera TEXT NOT NULL,
    zone TEXT NOT NULL,
    zone_version TEXT NOT NULL,
    permitted BIGINT NOT NULL,
    permit TEXT,
    run BIGINT NOT NULL,
    first_seen_s DOUBLE PRECISION NOT NULL,
    raised_s DOUBLE PRECISION NOT NULL,
    first_seen_ms BIGINT NOT NULL,
    raised_ms BIGINT NOT NULL,
    received_ms BIGINT NOT NULL,
    clock TEXT NOT NULL,
    x1 DOUBLE PRECISION NOT NULL,
    y1 DOUBLE PRECISION NOT NULL,
    x2 DOUBLE PRECISION NOT NULL,
    y2 DOUBLE PRECISION NOT NULL,
    score DOUBLE PRECISION NOT NULL,
    why TEXT NOT NULL,
    models TEXT NOT NULL,
    wire TEXT NOT NULL,
    camera_name TEXT NOT NULL,
    district TEXT NOT NULL,
    street TEXT NOT NULL,
    zone_name TEXT NOT NULL,
    key_area BIGINT NOT NULL,
    seen_state TEXT,
    seen_ms BIGINT,
    case_id TEXT
);
CREATE INDEX candidates_queue ON candidates (state, permitted, raised_ms, id);
CREATE INDEX candidates_score ON candidates (state, permitted, score, id);
CREATE INDEX candidates_place ON candidates (camera, zone, kind, raised_ms);

CREATE TABLE evidence_items (
    candidate TEXT NOT NULL,
    file TEXT NOT NULL,
    role TEXT NOT NULL,
    item_key TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (candidate, file)
);

-- No reference to candidates: an observation may come before its candidate and is joined when that comes.
CREATE TABLE observations (
    id TEXT PRIMARY KEY,
    camera TEXT NOT NULL,
    candidate TEXT,
    state TEXT,
    health TEXT,
    run BIGINT NOT NULL,
    at_s DOUBLE PRECISION NOT NULL,
    at_ms BIGINT NOT NULL,
    box TEXT,
    received_ms BIGINT NOT NULL
);
CREATE INDEX observations_candidate ON observations (candidate, at_ms);

CREATE TABLE users (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    password TEXT NOT NULL,
    roles TEXT NOT NULL,
    active BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    last_login_ms BIGINT
);

-- By name and not by user: a name that nobody has is locked just the same, so that the lock tells nothing.
CREATE TABLE login_attempts (
    name TEXT PRIMARY KEY,
    failures BIGINT NOT NULL,
    last_ms BIGINT NOT NULL,
    locked_until_ms BIGINT NOT NULL
);

CREATE TABLE sessions (
    token_hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    created_ms BIGINT NOT NULL,
    used_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL
);
CREATE INDEX sessions_expiry ON sessions (expires_ms);

CREATE TABLE claims (
    candidate TEXT PRIMARY KEY REFERENCES candidates (id),
    user_id TEXT NOT NULL REFERENCES users (id),
    user_name TEXT NOT NULL,
    until_ms BIGINT NOT NULL
);

CREATE TABLE decisions (
    id TEXT PRIMARY KEY,
    candidate TEXT NOT NULL REFERENCES candidates (id),
    seen_version BIGINT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id),
    user_name TEXT NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT,
    ticks TEXT,
    note TEXT,
    supersedes TEXT,
    at_ms BIGINT NOT NULL,
    UNIQUE (candidate, seen_version)
);

CREATE TABLE cases (
    id TEXT PRIMARY KEY,
    candidate TEXT NOT NULL REFERENCES candidates (id),
    state TEXT NOT NULL,
    version BIGINT NOT NULL,
    kind TEXT NOT NULL,
    camera TEXT NOT NULL,
    camera_name TEXT NOT NULL,
    zone TEXT NOT NULL,
    district TEXT NOT NULL,
    street TEXT NOT NULL,
    opened_by TEXT NOT NULL,
    opened_ms BIGINT NOT NULL,
    evidence_mode TEXT NOT NULL,
    evidence_sha256 TEXT NOT NULL
);
CREATE INDEX cases_newest ON cases (opened_ms, id);

CREATE TABLE case_events (
    case_id TEXT NOT NULL REFERENCES cases (id),
    seq BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    by_name TEXT NOT NULL,
    from_state TEXT,
    to_state TEXT NOT NULL,
    decision TEXT NOT NULL,
    note TEXT,
    evidence_sha256 TEXT NOT NULL,
    PRIMARY KEY (case_id, seq)
);

CREATE TABLE audit (
    seq BIGINT PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    reason TEXT,
    details TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX audit_object ON audit (object, seq);
CREATE INDEX audit_actor ON audit (actor, seq);

CREATE TABLE outbox (
    id BIGINT PRIMARY KEY,
    topic TEXT NOT NULL,
    message_key TEXT NOT NULL,
    event_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    at TEXT NOT NULL,
    data TEXT,
    rejected TEXT
);

CREATE TABLE dead_letters (
    id TEXT PRIMARY KEY,
    received_ms BIGINT NOT NULL,
    position TEXT NOT NULL,
    event_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    data_base64 TEXT NOT NULL
);

CREATE TABLE live_events (
    id BIGINT PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    kind TEXT NOT NULL,
    data TEXT NOT NULL
);
