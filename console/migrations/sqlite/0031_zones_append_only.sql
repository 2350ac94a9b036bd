CREATE TRIGGER zone_draft_events_no_update BEFORE UPDATE ON zone_draft_events
BEGIN
    SELECT RAISE(ABORT, 'zone_draft_events is append-only');
END;

CREATE TRIGGER zone_draft_events_no_delete BEFORE DELETE ON zone_draft_events
BEGIN
    SELECT RAISE(ABORT, 'zone_draft_events is append-only');
END;

CREATE TRIGGER zone_publications_no_update BEFORE UPDATE ON zone_publications
BEGIN
    SELECT RAISE(ABORT, 'zone_publications is append-only');
END;

CREATE TRIGGER zone_publications_no_delete BEFORE DELETE ON zone_publications
BEGIN
    SELECT RAISE(ABORT, 'zone_publications is append-only');
END;
