-- When cameras really watched: one row per unbroken stretch of beats of one health. A worker that dies silently sends no more
-- beats, and its stretch ends with the last one.
CREATE TABLE watch_spans (
    camera TEXT NOT NULL,
    from_ms BIGINT NOT NULL,
    until_ms BIGINT NOT NULL,
    health TEXT NOT NULL,
    PRIMARY KEY (camera, from_ms)
);

-- What counts as clearance, version by version. Appended, never changed.
CREATE TABLE clearance_definitions (
    version BIGINT PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    by_name TEXT NOT NULL,
    note TEXT NOT NULL,
    parameters TEXT NOT NULL
);

-- The facts of each zone-day, as of a time. Made from the other tables and can be made again.
CREATE TABLE clearance_days (
    definition BIGINT NOT NULL,
    camera TEXT NOT NULL,
    zone TEXT NOT NULL,
    kind TEXT NOT NULL,
    day TEXT NOT NULL,
    seq BIGINT NOT NULL,
    as_of_ms BIGINT NOT NULL,
    closed BIGINT NOT NULL,
    restated BIGINT NOT NULL,
    camera_name TEXT NOT NULL,
    zone_name TEXT NOT NULL,
    district TEXT NOT NULL,
    street TEXT NOT NULL,
    facts TEXT NOT NULL,
    PRIMARY KEY (definition, camera, zone, kind, day)
);
CREATE INDEX clearance_days_seq ON clearance_days (definition, seq);

-- What a final zone-day said before it was changed. Appended, never changed.
CREATE TABLE clearance_restatements (
    seq BIGINT PRIMARY KEY,
    definition BIGINT NOT NULL,
    camera TEXT NOT NULL,
    zone TEXT NOT NULL,
    kind TEXT NOT NULL,
    day TEXT NOT NULL,
    old_as_of_ms BIGINT NOT NULL,
    as_of_ms BIGINT NOT NULL,
    changed TEXT NOT NULL,
    old_facts TEXT NOT NULL
);
CREATE INDEX clearance_restatements_day ON clearance_restatements (definition, camera, zone, kind, day);

-- How far the facts of a definition are: what came later is not in them. One console at a time makes them.
CREATE TABLE clearance_progress (
    definition BIGINT PRIMARY KEY,
    as_of_ms BIGINT NOT NULL,
    all_ms BIGINT NOT NULL,
    built BIGINT NOT NULL,
    lease TEXT NOT NULL,
    lease_ms BIGINT NOT NULL
);

INSERT INTO heads (name, value) VALUES ('clearance', 0), ('restatements', 0);

CREATE INDEX candidates_received ON candidates (received_ms);
CREATE INDEX decisions_at ON decisions (at_ms);
CREATE INDEX case_events_at ON case_events (at_ms);
CREATE INDEX observations_received ON observations (received_ms);
