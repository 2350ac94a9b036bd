-- Zones as bureaus draw them: one open draft a camera, and who had a hand in what was published.

CREATE TABLE zone_drafts (
    id TEXT PRIMARY KEY,
    camera TEXT NOT NULL REFERENCES cameras (id),
    -- The version of the camera's settings that was live when it was last looked at.
    base_version BIGINT NOT NULL,
    -- Goes up with every save and every step: what a request has seen.
    revision BIGINT NOT NULL,
    state TEXT NOT NULL,
    zones TEXT NOT NULL,
    holidays TEXT NOT NULL,
    note TEXT,
    -- Everybody who saved it, as user ids: none of them may approve it.
    author_ids TEXT NOT NULL,
    author TEXT NOT NULL,
    -- The version that it brings back.
    restores BIGINT,
    effective_ms BIGINT,
    approver TEXT,
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX zone_drafts_open ON zone_drafts (camera) WHERE state IN ('editing', 'submitted', 'approved');
CREATE INDEX zone_drafts_due ON zone_drafts (state, effective_ms);

CREATE TABLE zone_draft_events (
    draft TEXT NOT NULL REFERENCES zone_drafts (id),
    revision BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    by_name TEXT NOT NULL,
    action TEXT NOT NULL,
    note TEXT,
    PRIMARY KEY (draft, revision)
);

CREATE TABLE zone_publications (
    camera TEXT NOT NULL REFERENCES cameras (id),
    version BIGINT NOT NULL,
    draft TEXT NOT NULL REFERENCES zone_drafts (id),
    author TEXT NOT NULL,
    approver TEXT,
    note TEXT,
    restores BIGINT,
    PRIMARY KEY (camera, version)
);

-- Where a district is not listed, another person approves.
CREATE TABLE zone_approval (
    district TEXT PRIMARY KEY,
    required BIGINT NOT NULL,
    version BIGINT NOT NULL,
    by_name TEXT NOT NULL,
    at_ms BIGINT NOT NULL
);

-- What the site file said when it was last taken over: a start with the same file changes nothing that was edited since.
CREATE TABLE site_file_cameras (
    camera TEXT PRIMARY KEY,
    site TEXT NOT NULL
);
