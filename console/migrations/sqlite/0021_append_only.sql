-- The register of cameras is appended: what held when a picture was taken must be what was entered then.

CREATE TRIGGER camera_register_no_update BEFORE UPDATE ON camera_register
BEGIN
    SELECT RAISE(ABORT, 'camera_register is append-only');
END;

CREATE TRIGGER camera_register_no_delete BEFORE DELETE ON camera_register
BEGIN
    SELECT RAISE(ABORT, 'camera_register is append-only');
END;
