-- The register of cameras is appended: what held when a picture was taken must be what was entered then.

CREATE TRIGGER camera_register_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON camera_register
    FOR EACH STATEMENT EXECUTE FUNCTION kerbwatch_append_only();
