-- What was deleted, by which policy, and what was held, can be read and never be changed.

CREATE TRIGGER retention_policies_no_update BEFORE UPDATE ON retention_policies
BEGIN
    SELECT RAISE(ABORT, 'retention_policies is append-only');
END;

CREATE TRIGGER retention_policies_no_delete BEFORE DELETE ON retention_policies
BEGIN
    SELECT RAISE(ABORT, 'retention_policies is append-only');
END;

CREATE TRIGGER legal_holds_no_update BEFORE UPDATE ON legal_holds
BEGIN
    SELECT RAISE(ABORT, 'legal_holds is append-only');
END;

CREATE TRIGGER legal_holds_no_delete BEFORE DELETE ON legal_holds
BEGIN
    SELECT RAISE(ABORT, 'legal_holds is append-only');
END;

CREATE TRIGGER legal_hold_lifts_no_update BEFORE UPDATE ON legal_hold_lifts
BEGIN
    SELECT RAISE(ABORT, 'legal_hold_lifts is append-only');
END;

CREATE TRIGGER legal_hold_lifts_no_delete BEFORE DELETE ON legal_hold_lifts
BEGIN
    SELECT RAISE(ABORT, 'legal_hold_lifts is append-only');
END;

CREATE TRIGGER retention_certificates_no_update BEFORE UPDATE ON retention_certificates WHEN OLD.document IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'a signed certificate is not changed');
END;

CREATE TRIGGER retention_certificates_no_delete BEFORE DELETE ON retention_certificates
BEGIN
    SELECT RAISE(ABORT, 'retention_certificates is append-only');
END;

-- Of what is deleted, only when to look again may change.
CREATE TRIGGER retention_deletions_no_update BEFORE UPDATE OF candidate, file, role, item_key, sha256, bytes, district, rule,
    policy, due_ms, claimed_ms, outcome, deleted_ms, certificate ON retention_deletions WHEN OLD.deleted_ms IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'what is deleted stays deleted');
END;

CREATE TRIGGER retention_deletions_no_delete BEFORE DELETE ON retention_deletions WHEN OLD.deleted_ms IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'what is deleted stays deleted');
END;
