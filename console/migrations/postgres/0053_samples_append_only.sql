-- A sample that could be changed afterwards would prove nothing.

CREATE TRIGGER samples_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON samples
    FOR EACH STATEMENT EXECUTE FUNCTION kerbwatch_append_only();

CREATE TRIGGER sample_items_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON sample_items
    FOR EACH STATEMENT EXECUTE FUNCTION kerbwatch_append_only();

CREATE TRIGGER second_looks_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON second_looks
    FOR EACH STATEMENT EXECUTE FUNCTION kerbwatch_append_only();
