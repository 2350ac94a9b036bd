-- The supervisor's second look: which decisions were drawn, by which seed, and what was seen. And indexes for searching the log.

CREATE TABLE samples (
    id TEXT PRIMARY KEY,
    seed TEXT NOT NULL,
    from_ms BIGINT NOT NULL,
    until_ms BIGINT NOT NULL,
    per_stratum BIGINT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id),
    by_name TEXT NOT NULL,
    at_ms BIGINT NOT NULL
);
CREATE INDEX samples_newest ON samples (at_ms, id);

-- What was decided is copied: the sample stays what it was when it was drawn.
CREATE TABLE sample_items (
    sample TEXT NOT NULL REFERENCES samples (id),
    decision TEXT NOT NULL REFERENCES decisions (id),
    position BIGINT NOT NULL,
    candidate TEXT NOT NULL,
    officer TEXT NOT NULL,
    kind TEXT NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT,
    stratum BIGINT NOT NULL,
    PRIMARY KEY (sample, decision)
);

CREATE TABLE second_looks (
    sample TEXT NOT NULL REFERENCES samples (id),
    decision TEXT NOT NULL,
    verdict TEXT NOT NULL,
    note TEXT,
    by_name TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (sample, decision)
);

CREATE INDEX decisions_time ON decisions (at_ms);
CREATE INDEX audit_action ON audit (action, seq);
CREATE INDEX audit_time ON audit (at_ms, seq);
