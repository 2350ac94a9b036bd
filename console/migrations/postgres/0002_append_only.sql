-- What was decided or seen is appended. Whoever has a connection, even ours with a bug, cannot change it.

CREATE FUNCTION kerbwatch_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END;
$$;

CREATE TRIGGER decisions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON decisions
    FOR EACH STATEMENT EXECUTE FUNCTION kerbwatch_append_only();

CREATE TRIGGER case_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON case_events
    FOR EACH STATEMENT EXECUTE FUNCTION kerbwatch_append_only();

CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION kerbwatch_append_only();

CREATE TRIGGER camera_versions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON camera_versions
    FOR EACH STATEMENT EXECUTE FUNCTION kerbwatch_append_only();
