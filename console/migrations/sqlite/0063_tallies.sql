-- What officers made of a camera's candidates, day by day, and how many cases there are of each place and state: counted when it
-- happens, by triggers, so that no page counts a million rows. Days are those of UTC: they only bound a period of weeks.

ALTER TABLE candidates ADD COLUMN finding TEXT GENERATED ALWAYS AS (CASE
    WHEN state = 'confirmed' THEN 'confirmed'
    WHEN state = 'rejected' AND reason IN ('permitted_window', 'permitted_place') THEN 'allowed'
    WHEN state = 'rejected' AND reason IN ('not_a_violation', 'moving_vendor', 'inside_shop', 'wrong_zone', 'night_noise') THEN 'rejected'
    ELSE 'other' END) VIRTUAL;

CREATE TABLE candidate_days (
    day BIGINT NOT NULL,
    district TEXT NOT NULL,
    street TEXT NOT NULL,
    camera TEXT NOT NULL,
    finding TEXT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (day, district, street, camera, finding)
) WITHOUT ROWID;
INSERT INTO candidate_days (day, district, street, camera, finding, n)
    SELECT raised_ms / 86400000, district, street, camera, finding, COUNT(*) FROM candidates WHERE permitted = 0
    GROUP BY raised_ms / 86400000, district, street, camera, finding;

CREATE TABLE case_counts (
    district TEXT NOT NULL,
    street TEXT NOT NULL,
    camera TEXT NOT NULL,
    kind TEXT NOT NULL,
    evidence_mode TEXT NOT NULL,
    state TEXT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (district, street, camera, kind, evidence_mode, state)
) WITHOUT ROWID;
INSERT INTO case_counts (district, street, camera, kind, evidence_mode, state, n)
    SELECT district, street, camera, kind, evidence_mode, state, COUNT(*) FROM cases
    GROUP BY district, street, camera, kind, evidence_mode, state;

CREATE TRIGGER candidate_days_insert AFTER INSERT ON candidates WHEN NEW.permitted = 0
BEGIN
    INSERT INTO candidate_days (day, district, street, camera, finding, n)
        VALUES (NEW.raised_ms / 86400000, NEW.district, NEW.street, NEW.camera, NEW.finding, 1)
        ON CONFLICT (day, district, street, camera, finding) DO UPDATE SET n = candidate_days.n + 1;
END;

CREATE TRIGGER candidate_days_update AFTER UPDATE OF state, reason, district, street, camera ON candidates
    WHEN NEW.permitted = 0 AND (OLD.raised_ms / 86400000, OLD.district, OLD.street, OLD.camera, OLD.finding) <>
        (NEW.raised_ms / 86400000, NEW.district, NEW.street, NEW.camera, NEW.finding)
BEGIN
    UPDATE candidate_days SET n = n - 1 WHERE day = OLD.raised_ms / 86400000 AND district = OLD.district AND street = OLD.street AND camera = OLD.camera AND finding = OLD.finding;
    DELETE FROM candidate_days WHERE day = OLD.raised_ms / 86400000 AND district = OLD.district AND street = OLD.street AND camera = OLD.camera AND finding = OLD.finding
        AND n = 0;
    INSERT INTO candidate_days (day, district, street, camera, finding, n)
        VALUES (NEW.raised_ms / 86400000, NEW.district, NEW.street, NEW.camera, NEW.finding, 1)
        ON CONFLICT (day, district, street, camera, finding) DO UPDATE SET n = candidate_days.n + 1;
END;

CREATE TRIGGER candidate_days_delete AFTER DELETE ON candidates WHEN OLD.permitted = 0
BEGIN
    UPDATE candidate_days SET n = n - 1 WHERE day = OLD.raised_ms / 86400000 AND district = OLD.district AND street = OLD.street AND camera = OLD.camera AND finding = OLD.finding;
    DELETE FROM candidate_days WHERE day = OLD.raised_ms / 86400000 AND district = OLD.district AND street = OLD.street AND camera = OLD.camera AND finding = OLD.finding
        AND n = 0;
END;

CREATE TRIGGER case_counts_insert AFTER INSERT ON cases
BEGIN
    INSERT INTO case_counts (district, street, camera, kind, evidence_mode, state, n)
        VALUES (NEW.district, NEW.street, NEW.camera, NEW.kind, NEW.evidence_mode, NEW.state, 1)
        ON CONFLICT (district, street, camera, kind, evidence_mode, state) DO UPDATE SET n = case_counts.n + 1;
END;

CREATE TRIGGER case_counts_update AFTER UPDATE OF state, kind, district, street, camera, evidence_mode ON cases
    WHEN (OLD.district, OLD.street, OLD.camera, OLD.kind, OLD.evidence_mode, OLD.state) <>
        (NEW.district, NEW.street, NEW.camera, NEW.kind, NEW.evidence_mode, NEW.state)
BEGIN
    UPDATE case_counts SET n = n - 1 WHERE district = OLD.district AND street = OLD.street AND camera = OLD.camera AND kind = OLD.kind AND evidence_mode = OLD.evidence_mode AND state = OLD.state;
    DELETE FROM case_counts WHERE district = OLD.district AND street = OLD.street AND camera = OLD.camera AND kind = OLD.kind AND evidence_mode = OLD.evidence_mode AND state = OLD.state
        AND n = 0;
    INSERT INTO case_counts (district, street, camera, kind, evidence_mode, state, n)
        VALUES (NEW.district, NEW.street, NEW.camera, NEW.kind, NEW.evidence_mode, NEW.state, 1)
        ON CONFLICT (district, street, camera, kind, evidence_mode, state) DO UPDATE SET n = case_counts.n + 1;
END;

CREATE TRIGGER case_counts_delete AFTER DELETE ON cases
BEGIN
    UPDATE case_counts SET n = n - 1 WHERE district = OLD.district AND street = OLD.street AND camera = OLD.camera AND kind = OLD.kind AND evidence_mode = OLD.evidence_mode AND state = OLD.state;
    DELETE FROM case_counts WHERE district = OLD.district AND street = OLD.street AND camera = OLD.camera AND kind = OLD.kind AND evidence_mode = OLD.evidence_mode AND state = OLD.state
        AND n = 0;
END;
