-- Who may not act on a candidate and its case any more, and why. Nothing is taken back: another officer goes on.
CREATE TABLE recusals (
    candidate TEXT NOT NULL REFERENCES candidates (id),
    user_name TEXT NOT NULL,
    user_id TEXT NOT NULL,
    ground TEXT NOT NULL,
    reason TEXT NOT NULL,
    by_name TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (candidate, user_name)
);
CREATE INDEX recusals_user ON recusals (user_name, candidate);

CREATE TRIGGER recusals_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON recusals
    FOR EACH STATEMENT EXECUTE FUNCTION kerbwatch_append_only();
