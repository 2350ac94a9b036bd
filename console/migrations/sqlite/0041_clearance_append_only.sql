CREATE TRIGGER clearance_definitions_no_update BEFORE UPDATE ON clearance_definitions
BEGIN
    SELECT RAISE(ABORT, 'clearance_definitions is append-only');
END;

CREATE TRIGGER clearance_definitions_no_delete BEFORE DELETE ON clearance_definitions
BEGIN
    SELECT RAISE(ABORT, 'clearance_definitions is append-only');
END;

CREATE TRIGGER clearance_restatements_no_update BEFORE UPDATE ON clearance_restatements
BEGIN
    SELECT RAISE(ABORT, 'clearance_restatements is append-only');
END;

CREATE TRIGGER clearance_restatements_no_delete BEFORE DELETE ON clearance_restatements
BEGIN
    SELECT RAISE(ABORT, 'clearance_restatements is append-only');
END;
