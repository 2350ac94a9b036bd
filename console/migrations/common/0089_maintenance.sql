-- When somebody works on a camera: its pictures of that time say nothing about the street. An end is entered when it is known.
CREATE TABLE maintenance (
    id TEXT NOT NULL PRIMARY KEY,
    camera TEXT NOT NULL REFERENCES cameras (id),
    from_ms BIGINT NOT NULL,
    until_ms BIGINT,
    what TEXT NOT NULL,
    by_name TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    ended_by TEXT,
    changed_ms BIGINT NOT NULL
);
CREATE INDEX maintenance_camera ON maintenance (camera, from_ms);
CREATE INDEX maintenance_changed ON maintenance (changed_ms);
