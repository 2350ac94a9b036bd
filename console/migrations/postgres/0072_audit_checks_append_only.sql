-- A bad look that could be taken away would be none.

CREATE TRIGGER audit_checks_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_checks
    FOR EACH STATEMENT EXECUTE FUNCTION kerbwatch_append_only();
