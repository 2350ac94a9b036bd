-- What workers did on each camera: their accounts as they came, for two days; then added up by the hour, for a month.
CREATE TABLE camera_flow (
    camera TEXT NOT NULL,
    run BIGINT NOT NULL,
    from_ms BIGINT NOT NULL,
    until_ms BIGINT NOT NULL,
    received BIGINT NOT NULL,
    decoded BIGINT NOT NULL,
    inferred BIGINT NOT NULL,
    dropped TEXT NOT NULL,
    decode TEXT NOT NULL,
    active_ms BIGINT NOT NULL,
    PRIMARY KEY (camera, from_ms, run)
);
CREATE INDEX camera_flow_until ON camera_flow (until_ms);

-- `parts`: when the accounts began that are in it, as milliseconds of the hour, so that one that comes again counts once.
CREATE TABLE camera_flow_hours (
    camera TEXT NOT NULL,
    hour_ms BIGINT NOT NULL,
    length_ms BIGINT NOT NULL,
    received BIGINT NOT NULL,
    decoded BIGINT NOT NULL,
    inferred BIGINT NOT NULL,
    dropped TEXT NOT NULL,
    active_ms BIGINT NOT NULL,
    parts TEXT NOT NULL,
    PRIMARY KEY (camera, hour_ms)
);
CREATE INDEX camera_flow_hours_hour ON camera_flow_hours (hour_ms);

-- Unbroken connections of cameras, for a month. Why one ended, where its worker lived to say so.
CREATE TABLE camera_runs (
    camera TEXT NOT NULL,
    run BIGINT NOT NULL,
    from_ms BIGINT NOT NULL,
    until_ms BIGINT NOT NULL,
    ended TEXT,
    PRIMARY KEY (camera, run)
);
CREATE INDEX camera_runs_until ON camera_runs (until_ms);

-- Which kinds were judged, and by which models: unbroken stretches of one run. Facts of coverage, kept like `watch_spans`.
CREATE TABLE judged_spans (
    camera TEXT NOT NULL,
    run BIGINT NOT NULL,
    from_ms BIGINT NOT NULL,
    until_ms BIGINT NOT NULL,
    kinds TEXT NOT NULL,
    models TEXT NOT NULL,
    PRIMARY KEY (camera, from_ms, run)
);

-- When within them nothing was judged, whatever the kind.
CREATE TABLE unjudged_spans (
    camera TEXT NOT NULL,
    run BIGINT NOT NULL,
    from_ms BIGINT NOT NULL,
    until_ms BIGINT NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (camera, from_ms, run)
);
