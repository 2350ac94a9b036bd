-- Looks at the chain of the audit log: the last good one is where the next begins, a bad one stands until a full one is good.

CREATE TABLE audit_checks (
    id BIGINT PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    -- From the first row, and not from the last good look.
    complete BIGINT NOT NULL,
    ok BIGINT NOT NULL,
    -- The last row that fits, and its digest.
    seq BIGINT NOT NULL,
    head TEXT NOT NULL,
    broken_at BIGINT,
    reason TEXT
);
INSERT INTO heads (name, value, digest) VALUES ('audit_check', 0, '');
