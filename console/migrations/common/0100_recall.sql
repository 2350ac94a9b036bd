-- What estimates recall. A frame audit: watched zone-minutes that a seed drew, each with the kept picture nearest to it. No candidate
-- takes part in the drawing, and nothing of one is stored here.
CREATE TABLE frame_audits (
    id TEXT PRIMARY KEY,
    seed TEXT NOT NULL,
    from_day TEXT NOT NULL,
    until_day TEXT NOT NULL,
    district TEXT NOT NULL,
    street TEXT NOT NULL,
    kinds TEXT NOT NULL,
    key_only BIGINT NOT NULL,
    definition BIGINT NOT NULL,
    frame_minutes BIGINT NOT NULL,
    frame_sha256 TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id),
    by_name TEXT NOT NULL,
    at_ms BIGINT NOT NULL
);
CREATE INDEX frame_audits_newest ON frame_audits (at_ms, id);

-- A drawn minute. Of one without a picture near enough `why_not` says why: it counts as not sampled. Zone and names are copied: the
-- audit stays what it was when it was drawn. `area` is empty where the zone shows none.
CREATE TABLE frame_audit_minutes (
    audit TEXT NOT NULL REFERENCES frame_audits (id),
    position BIGINT NOT NULL,
    minute_ms BIGINT NOT NULL,
    kind TEXT NOT NULL,
    area TEXT NOT NULL,
    camera TEXT NOT NULL,
    zone TEXT NOT NULL,
    camera_name TEXT NOT NULL,
    zone_name TEXT NOT NULL,
    district TEXT NOT NULL,
    street TEXT NOT NULL,
    picture_ms BIGINT,
    picture TEXT NOT NULL,
    polygon TEXT NOT NULL,
    zone_version TEXT NOT NULL,
    why_not TEXT NOT NULL,
    PRIMARY KEY (audit, position)
);
CREATE INDEX frame_audit_minutes_time ON frame_audit_minutes (minute_ms);

-- What somebody saw in the picture. The latest of a minute counts; the earlier ones stay. `blind`: the program's own answer had not
-- been shown yet.
CREATE TABLE frame_answers (
    audit TEXT NOT NULL,
    position BIGINT NOT NULL,
    n BIGINT NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT NOT NULL,
    note TEXT NOT NULL,
    blind BIGINT NOT NULL,
    by_name TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (audit, position, n),
    FOREIGN KEY (audit, position) REFERENCES frame_audit_minutes (audit, position)
);

-- What others found: complaints to 12345, patrols. `zone` is empty where it stood in no zone of the camera.
CREATE TABLE finds (
    id TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    number TEXT NOT NULL,
    kind TEXT NOT NULL,
    camera TEXT NOT NULL,
    zone TEXT NOT NULL,
    camera_name TEXT NOT NULL,
    zone_name TEXT NOT NULL,
    district TEXT NOT NULL,
    street TEXT NOT NULL,
    seen_ms BIGINT NOT NULL,
    reported_ms BIGINT NOT NULL,
    note TEXT NOT NULL,
    by_name TEXT NOT NULL,
    at_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX finds_number ON finds (source, number, kind) WHERE number <> '';
CREATE INDEX finds_seen ON finds (seen_ms);
CREATE INDEX finds_place ON finds (camera, zone, kind, seen_ms);

-- What a person said of a find's match; the latest counts.
CREATE TABLE find_rulings (
    find TEXT NOT NULL REFERENCES finds (id),
    n BIGINT NOT NULL,
    ruling TEXT NOT NULL,
    candidate TEXT NOT NULL,
    reason TEXT NOT NULL,
    by_name TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (find, n)
);

-- Counts every answer, find and ruling: figures that were made before are made again.
INSERT INTO heads (name, value) VALUES ('recall', 0);
