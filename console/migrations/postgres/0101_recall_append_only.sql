-- An estimate whose answers could be changed afterwards would prove nothing.

CREATE TRIGGER frame_audits_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON frame_audits
    FOR EACH STATEMENT EXECUTE FUNCTION kerbwatch_append_only();

CREATE TRIGGER frame_audit_minutes_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON frame_audit_minutes
    FOR EACH STATEMENT EXECUTE FUNCTION kerbwatch_append_only();

CREATE TRIGGER frame_answers_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON frame_answers
    FOR EACH STATEMENT EXECUTE FUNCTION kerbwatch_append_only();

CREATE TRIGGER finds_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON finds
    FOR EACH STATEMENT EXECUTE FUNCTION kerbwatch_append_only();

CREATE TRIGGER find_rulings_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON find_rulings
    FOR EACH STATEMENT EXECUTE FUNCTION kerbwatch_append_only();
