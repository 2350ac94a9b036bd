CREATE TRIGGER clearance_definitions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON clearance_definitions
    FOR EACH STATEMENT EXECUTE FUNCTION kerbwatch_append_only();

CREATE TRIGGER clearance_restatements_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON clearance_restatements
    FOR EACH STATEMENT EXECUTE FUNCTION kerbwatch_append_only();
