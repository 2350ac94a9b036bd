-- Originals leave the house with a second person's word: what is asked for, and what was ruled. Both are appended.
CREATE TABLE originals_requests (
    id TEXT PRIMARY KEY,
    by_name TEXT NOT NULL,
    asked TEXT NOT NULL,
    district TEXT NOT NULL,
    reason TEXT NOT NULL,
    at_ms BIGINT NOT NULL
);
CREATE INDEX originals_requests_at ON originals_requests (at_ms);

CREATE TABLE originals_rulings (
    request TEXT PRIMARY KEY REFERENCES originals_requests (id),
    approved BIGINT NOT NULL,
    note TEXT,
    by_name TEXT NOT NULL,
    at_ms BIGINT NOT NULL
);

CREATE TRIGGER originals_requests_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON originals_requests
    FOR EACH STATEMENT EXECUTE FUNCTION kerbwatch_append_only();

CREATE TRIGGER originals_rulings_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON originals_rulings
    FOR EACH STATEMENT EXECUTE FUNCTION kerbwatch_append_only();
