-- How many candidates there are of each place, kind and state: what the queue's counts are added up from, and how its pages
-- know where there is nothing to look for. Kept by triggers, in the transaction of whatever changes a candidate.

CREATE TABLE candidate_counts (
    district TEXT NOT NULL,
    street TEXT NOT NULL,
    camera TEXT NOT NULL,
    zone TEXT NOT NULL,
    kind TEXT NOT NULL,
    key_area BIGINT NOT NULL,
    permitted BIGINT NOT NULL,
    state TEXT NOT NULL,
    camera_name TEXT NOT NULL,
    zone_name TEXT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (district, street, camera, zone, kind, key_area, permitted, state, camera_name, zone_name)
) WITH (fillfactor = 50);

INSERT INTO candidate_counts (district, street, camera, zone, kind, key_area, permitted, state, camera_name, zone_name, n)
    SELECT district, street, camera, zone, kind, key_area, permitted, state, camera_name, zone_name, COUNT(*) FROM candidates
    GROUP BY district, street, camera, zone, kind, key_area, permitted, state, camera_name, zone_name;

CREATE FUNCTION kerbwatch_count_candidate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.district, OLD.street, OLD.camera, OLD.zone, OLD.kind, OLD.key_area, OLD.permitted, OLD.state,
        OLD.camera_name, OLD.zone_name) = (NEW.district, NEW.street, NEW.camera, NEW.zone, NEW.kind, NEW.key_area,
        NEW.permitted, NEW.state, NEW.camera_name, NEW.zone_name) THEN
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        UPDATE candidate_counts SET n = n - 1 WHERE district = OLD.district AND street = OLD.street AND camera = OLD.camera
            AND zone = OLD.zone AND kind = OLD.kind AND key_area = OLD.key_area AND permitted = OLD.permitted
            AND state = OLD.state AND camera_name = OLD.camera_name AND zone_name = OLD.zone_name;
        DELETE FROM candidate_counts WHERE district = OLD.district AND street = OLD.street AND camera = OLD.camera
            AND zone = OLD.zone AND kind = OLD.kind AND key_area = OLD.key_area AND permitted = OLD.permitted
            AND state = OLD.state AND camera_name = OLD.camera_name AND zone_name = OLD.zone_name AND n = 0;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO candidate_counts (district, street, camera, zone, kind, key_area, permitted, state, camera_name, zone_name, n)
            VALUES (NEW.district, NEW.street, NEW.camera, NEW.zone, NEW.kind, NEW.key_area, NEW.permitted, NEW.state,
                NEW.camera_name, NEW.zone_name, 1)
            ON CONFLICT (district, street, camera, zone, kind, key_area, permitted, state, camera_name, zone_name)
            DO UPDATE SET n = candidate_counts.n + 1;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER candidate_counts_insert AFTER INSERT OR DELETE ON candidates
    FOR EACH ROW EXECUTE FUNCTION kerbwatch_count_candidate();
CREATE TRIGGER candidate_counts_update
    AFTER UPDATE OF district, street, camera, zone, kind, key_area, permitted, state, camera_name, zone_name ON candidates
    FOR EACH ROW EXECUTE FUNCTION kerbwatch_count_candidate();
