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

CREATE TRIGGER officer_certificates_no_update BEFORE UPDATE ON officer_certificates
BEGIN
    SELECT RAISE(ABORT, 'officer_certificates is append-only');
END;

CREATE TRIGGER officer_certificates_no_delete BEFORE DELETE ON officer_certificates
BEGIN
    SELECT RAISE(ABORT, 'officer_certificates is append-only');
END;
