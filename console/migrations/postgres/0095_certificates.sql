-- Officers' certificates: one row per change, the highest version holds. What was decided keeps the certificate of that moment.
CREATE TABLE officer_certificates (
    user_id TEXT NOT NULL REFERENCES users (id),
    version BIGINT NOT NULL,
    record TEXT NOT NULL,
    from_ms BIGINT NOT NULL,
    until_ms BIGINT NOT NULL,
    note TEXT,
    at_ms BIGINT NOT NULL,
    by_name TEXT NOT NULL,
    PRIMARY KEY (user_id, version)
);
ALTER TABLE decisions ADD COLUMN certificate TEXT;

CREATE TRIGGER officer_certificates_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON officer_certificates
    FOR EACH STATEMENT EXECUTE FUNCTION kerbwatch_append_only();
