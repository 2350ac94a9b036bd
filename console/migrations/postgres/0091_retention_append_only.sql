-- What was deleted, by which policy, and what was held, can be read and never be changed.

CREATE TRIGGER retention_policies_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON retention_policies
    FOR EACH STATEMENT EXECUTE FUNCTION kerbwatch_append_only();

CREATE TRIGGER legal_holds_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON legal_holds
    FOR EACH STATEMENT EXECUTE FUNCTION kerbwatch_append_only();

CREATE TRIGGER legal_hold_lifts_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON legal_hold_lifts
    FOR EACH STATEMENT EXECUTE FUNCTION kerbwatch_append_only();

CREATE TRIGGER retention_certificates_append_only BEFORE DELETE OR TRUNCATE ON retention_certificates
    FOR EACH STATEMENT EXECUTE FUNCTION kerbwatch_append_only();

CREATE TRIGGER retention_certificates_signed BEFORE UPDATE ON retention_certificates
    FOR EACH ROW WHEN (OLD.document IS NOT NULL) EXECUTE FUNCTION kerbwatch_append_only();

-- Of what is deleted, only when to look again may change.
CREATE TRIGGER retention_deletions_stay BEFORE UPDATE OF candidate, file, role, item_key, sha256, bytes, district, rule,
    policy, due_ms, claimed_ms, outcome, deleted_ms, certificate ON retention_deletions
    FOR EACH ROW WHEN (OLD.deleted_ms IS NOT NULL) EXECUTE FUNCTION kerbwatch_append_only();

CREATE TRIGGER retention_deletions_kept BEFORE DELETE ON retention_deletions
    FOR EACH ROW WHEN (OLD.deleted_ms IS NOT NULL) EXECUTE FUNCTION kerbwatch_append_only();

CREATE TRIGGER retention_deletions_no_truncate BEFORE TRUNCATE ON retention_deletions
    FOR EACH STATEMENT EXECUTE FUNCTION kerbwatch_append_only();
