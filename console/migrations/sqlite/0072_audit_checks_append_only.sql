-- A bad look that could be taken away would be none.

CREATE TRIGGER audit_checks_no_update BEFORE UPDATE ON audit_checks
BEGIN
    SELECT RAISE(ABORT, 'audit_checks is append-only');
END;

CREATE TRIGGER audit_checks_no_delete BEFORE DELETE ON audit_checks
BEGIN
    SELECT RAISE(ABORT, 'audit_checks is append-only');
END;
