-- What went out, what was tried and what was called back is appended.

CREATE TRIGGER case_packages_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON case_packages
    FOR EACH STATEMENT EXECUTE FUNCTION kerbwatch_append_only();

CREATE TRIGGER delivery_attempts_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON delivery_attempts
    FOR EACH STATEMENT EXECUTE FUNCTION kerbwatch_append_only();

CREATE TRIGGER callbacks_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON callbacks
    FOR EACH STATEMENT EXECUTE FUNCTION kerbwatch_append_only();
