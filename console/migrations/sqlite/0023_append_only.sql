-- What went out, what was tried and what was called back is appended.

CREATE TRIGGER case_packages_no_update BEFORE UPDATE ON case_packages
BEGIN
    SELECT RAISE(ABORT, 'case_packages is append-only');
END;

CREATE TRIGGER case_packages_no_delete BEFORE DELETE ON case_packages
BEGIN
    SELECT RAISE(ABORT, 'case_packages is append-only');
END;

CREATE TRIGGER delivery_attempts_no_update BEFORE UPDATE ON delivery_attempts
BEGIN
    SELECT RAISE(ABORT, 'delivery_attempts is append-only');
END;

CREATE TRIGGER delivery_attempts_no_delete BEFORE DELETE ON delivery_attempts
BEGIN
    SELECT RAISE(ABORT, 'delivery_attempts is append-only');
END;

CREATE TRIGGER callbacks_no_update BEFORE UPDATE ON callbacks
BEGIN
    SELECT RAISE(ABORT, 'callbacks is append-only');
END;

CREATE TRIGGER callbacks_no_delete BEFORE DELETE ON callbacks
BEGIN
    SELECT RAISE(ABORT, 'callbacks is append-only');
END;
