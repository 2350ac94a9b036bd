-- How long evidence pictures are kept, what was deleted, and what must not be. Rows, decisions and manifests stay: only files go.

-- Policies as they were adopted, the highest version holds. Appended, never changed.
CREATE TABLE retention_policies (
    version BIGINT PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    policy TEXT NOT NULL
);

-- The job, of which one console at a time has the lease.
CREATE TABLE retention_progress (
    id BIGINT PRIMARY KEY,
    lease TEXT NOT NULL,
    lease_ms BIGINT NOT NULL,
    -- When it last went all the way round, and why it did nothing.
    round_ms BIGINT,
    resting TEXT
);
INSERT INTO retention_progress (id, lease, lease_ms) VALUES (1, '', 0);

-- A batch that was deleted, of one district. Open while `document` is null; then it is signed and stays as it is.
CREATE TABLE retention_certificates (
    number BIGINT PRIMARY KEY,
    district TEXT NOT NULL,
    opened_ms BIGINT NOT NULL,
    by_name TEXT NOT NULL,
    document TEXT,
    sha256 TEXT,
    signature TEXT,
    key_id TEXT,
    public_key TEXT,
    certified_ms BIGINT,
    candidates BIGINT NOT NULL DEFAULT 0,
    files BIGINT NOT NULL DEFAULT 0,
    bytes BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX retention_certificates_open ON retention_certificates (district) WHERE document IS NULL;

-- One row per file, written before it is deleted: what is meant to go. `deleted_ms` follows when it is gone.
CREATE TABLE retention_deletions (
    candidate TEXT NOT NULL,
    file TEXT NOT NULL,
    role TEXT NOT NULL,
    item_key TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    district TEXT NOT NULL,
    rule TEXT NOT NULL,
    policy BIGINT NOT NULL,
    due_ms BIGINT NOT NULL,
    claimed_ms BIGINT NOT NULL,
    -- A process is at it until then; it must not be stopped in the middle, and died if this passes.
    running_ms BIGINT NOT NULL,
    -- It was seen to be there after it was claimed or right before: if it is not any more, then by this.
    seen BIGINT NOT NULL,
    tries BIGINT NOT NULL DEFAULT 0,
    next_ms BIGINT NOT NULL,
    failure TEXT,
    -- `deleted`, or `absent`: it was found in no place for as long as it was looked for.
    outcome TEXT,
    deleted_ms BIGINT,
    certificate BIGINT,
    -- When it is looked whether it came back, e.g. by an upload that was late.
    relook_ms BIGINT,
    PRIMARY KEY (candidate, file)
);
CREATE INDEX retention_deletions_pending ON retention_deletions (next_ms) WHERE deleted_ms IS NULL;
CREATE INDEX retention_deletions_relook ON retention_deletions (relook_ms) WHERE relook_ms IS NOT NULL;
CREATE INDEX retention_deletions_certificate ON retention_deletions (certificate);

-- Holds. `object` is the id of a candidate, case, camera or unit; a period is of when candidates were raised.
CREATE TABLE legal_holds (
    id TEXT PRIMARY KEY,
    subject TEXT NOT NULL,
    object TEXT NOT NULL,
    label TEXT NOT NULL,
    district TEXT NOT NULL,
    street TEXT NOT NULL,
    from_ms BIGINT NOT NULL,
    until_ms BIGINT NOT NULL,
    reason TEXT NOT NULL,
    document TEXT NOT NULL,
    by_id TEXT NOT NULL,
    by_name TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    -- Of how many candidates under it the pictures were still there when it was placed, and of how many they were gone.
    kept BIGINT NOT NULL,
    gone BIGINT NOT NULL
);
CREATE TABLE legal_hold_lifts (
    hold TEXT PRIMARY KEY REFERENCES legal_holds (id),
    reason TEXT NOT NULL,
    document TEXT NOT NULL,
    by_id TEXT NOT NULL,
    by_name TEXT NOT NULL,
    at_ms BIGINT NOT NULL
);

INSERT INTO heads (name, value) VALUES ('retention_certificate', 0);

-- 1 while a candidate has pictures that nobody has claimed for deletion. Those whose pictures went say why, when and by which
-- certificate: `gone_ms` is null while they are being deleted.
ALTER TABLE candidates ADD COLUMN pictures BIGINT NOT NULL DEFAULT 0;
ALTER TABLE candidates ADD COLUMN gone_rule TEXT;
ALTER TABLE candidates ADD COLUMN gone_ms BIGINT;
ALTER TABLE candidates ADD COLUMN gone_certificate BIGINT;
UPDATE candidates SET pictures = 1
    WHERE EXISTS (SELECT 1 FROM evidence_items i WHERE i.candidate = candidates.id AND i.role <> 'manifest');
CREATE INDEX candidates_pictures ON candidates (state, received_ms) WHERE pictures = 1;
-- Examples whose pictures went are counted on the index alone, as the examples are.
CREATE INDEX candidates_gone ON candidates (state, reason) WHERE gone_rule IS NOT NULL;
