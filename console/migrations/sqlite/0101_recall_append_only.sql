-- An estimate whose answers could be changed afterwards would prove nothing.

CREATE TRIGGER frame_audits_no_update BEFORE UPDATE ON frame_audits
BEGIN
    SELECT RAISE(ABORT, 'frame_audits is append-only');
END;

CREATE TRIGGER frame_audits_no_delete BEFORE DELETE ON frame_audits
BEGIN
    SELECT RAISE(ABORT, 'frame_audits is append-only');
END;

CREATE TRIGGER frame_audit_minutes_no_update BEFORE UPDATE ON frame_audit_minutes
BEGIN
    SELECT RAISE(ABORT, 'frame_audit_minutes is append-only');
END;

CREATE TRIGGER frame_audit_minutes_no_delete BEFORE DELETE ON frame_audit_minutes
BEGIN
    SELECT RAISE(ABORT, 'frame_audit_minutes is append-only');
END;

CREATE TRIGGER frame_answers_no_update BEFORE UPDATE ON frame_answers
BEGIN
    SELECT RAISE(ABORT, 'frame_answers is append-only');
END;

CREATE TRIGGER frame_answers_no_delete BEFORE DELETE ON frame_answers
BEGIN
    SELECT RAISE(ABORT, 'frame_answers is append-only');
END;

CREATE TRIGGER finds_no_update BEFORE UPDATE ON finds
BEGIN
    SELECT RAISE(ABORT, 'finds is append-only');
END;

CREATE TRIGGER finds_no_delete BEFORE DELETE ON finds
BEGIN
    SELECT RAISE(ABORT, 'finds is append-only');
END;

CREATE TRIGGER find_rulings_no_update BEFORE UPDATE ON find_rulings
BEGIN
    SELECT RAISE(ABORT, 'find_rulings is append-only');
END;

CREATE TRIGGER find_rulings_no_delete BEFORE DELETE ON find_rulings
BEGIN
    SELECT RAISE(ABORT, 'find_rulings is append-only');
END;
