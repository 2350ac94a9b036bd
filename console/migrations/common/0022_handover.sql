-- Hand-over: signed case documents, the receivers they go to, and what became of each delivery.

CREATE TABLE case_packages (
    case_id TEXT NOT NULL REFERENCES cases (id),
    seq BIGINT NOT NULL,
    document TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    signature TEXT NOT NULL,
    key_id TEXT NOT NULL,
    public_key TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (case_id, seq)
);

-- `district` empty: every case. The secret is shared with the receiver: it signs what goes out and what comes back.
CREATE TABLE receivers (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    district TEXT NOT NULL,
    url TEXT NOT NULL,
    secret TEXT NOT NULL,
    active BIGINT NOT NULL,
    version BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    created_by TEXT NOT NULL
);

-- `attempts` counts all of them, `tries` those since the last time a person sent it again.
CREATE TABLE deliveries (
    id TEXT PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases (id),
    seq BIGINT NOT NULL,
    receiver TEXT NOT NULL REFERENCES receivers (id),
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    next_ms BIGINT NOT NULL,
    last_status BIGINT,
    last_error TEXT,
    created_ms BIGINT NOT NULL,
    done_ms BIGINT,
    their_id TEXT,
    their_status TEXT,
    their_ms BIGINT,
    UNIQUE (case_id, seq, receiver)
);
CREATE INDEX deliveries_due ON deliveries (state, next_ms);

CREATE TABLE delivery_attempts (
    delivery TEXT NOT NULL REFERENCES deliveries (id),
    n BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    status BIGINT,
    error TEXT,
    PRIMARY KEY (delivery, n)
);

-- What receivers called back with; the same event twice is one row.
CREATE TABLE callbacks (
    receiver TEXT NOT NULL REFERENCES receivers (id),
    event_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    body_sha256 TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (receiver, event_id)
);
