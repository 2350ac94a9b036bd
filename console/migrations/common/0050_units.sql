-- The organisation tree city → district → street, and who belongs where. A unit is named as cameras name their district and
-- street; the label is what people read. Rows are scoped by those names, so that a candidate stays where it happened.

CREATE TABLE units (
    id TEXT PRIMARY KEY,
    parent TEXT REFERENCES units (id),
    level TEXT NOT NULL,
    district TEXT,
    street TEXT,
    label TEXT NOT NULL,
    version BIGINT NOT NULL DEFAULT 1
);
INSERT INTO units (id, parent, level, district, street, label) VALUES ('city', NULL, 'city', NULL, NULL, '');

CREATE TABLE user_units (
    user_id TEXT NOT NULL REFERENCES users (id),
    unit TEXT NOT NULL REFERENCES units (id),
    PRIMARY KEY (user_id, unit)
);
-- Who was there before the tree saw everything, and still does.
INSERT INTO user_units (user_id, unit) SELECT id, 'city' FROM users;

-- Where the thing an event tells of lies; none is for everybody.
ALTER TABLE live_events ADD COLUMN district TEXT;
ALTER TABLE live_events ADD COLUMN street TEXT;
