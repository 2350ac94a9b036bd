-- An area is a place of the city, e.g. a square: one or more zones of one or more cameras show it, and it is counted once.
CREATE TABLE areas (
    id TEXT PRIMARY KEY,
    district TEXT NOT NULL,
    street TEXT NOT NULL,
    name TEXT NOT NULL,
    grade TEXT,
    place TEXT,
    version BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    by_name TEXT NOT NULL,
    note TEXT NOT NULL,
    UNIQUE (district, name)
);

-- Which zones show it. A zone shows one area at most; camera settings come and go, so that this names what may be gone.
CREATE TABLE area_zones (
    camera TEXT NOT NULL,
    zone TEXT NOT NULL,
    area TEXT NOT NULL REFERENCES areas (id),
    PRIMARY KEY (camera, zone)
);
CREATE INDEX area_zones_area ON area_zones (area);

-- Every zone that ever was one of an area's: its zone-days are made again when the area changes.
CREATE TABLE area_zones_ever (
    area TEXT NOT NULL REFERENCES areas (id),
    camera TEXT NOT NULL,
    zone TEXT NOT NULL,
    PRIMARY KEY (area, camera, zone)
);

-- Of a zone's day: the area in which it is counted; empty where it counts by itself. A day of an area has no camera, and the
-- area for its zone.
ALTER TABLE clearance_days ADD COLUMN area TEXT NOT NULL DEFAULT '';
ALTER TABLE clearance_days ADD COLUMN grade TEXT;
ALTER TABLE clearance_days ADD COLUMN place TEXT;
