CREATE TRIGGER zone_draft_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON zone_draft_events
    FOR EACH STATEMENT EXECUTE FUNCTION kerbwatch_append_only();

CREATE TRIGGER zone_publications_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON zone_publications
    FOR EACH STATEMENT EXECUTE FUNCTION kerbwatch_append_only();
