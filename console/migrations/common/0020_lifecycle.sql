-- The life of a case after its opening, the register of cameras, and the lists of law that decide what may be done. What a
-- case was opened on (capture times, zone version, the register at that time) is copied into it and stays.

ALTER TABLE cases ADD COLUMN zone_version TEXT NOT NULL DEFAULT '';
ALTER TABLE cases ADD COLUMN first_seen_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cases ADD COLUMN raised_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cases ADD COLUMN compliance TEXT NOT NULL DEFAULT '{"register_version":null,"record":null,"reasons":["no_record"]}';
ALTER TABLE cases ADD COLUMN state_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cases ADD COLUMN due_ms BIGINT;
ALTER TABLE cases ADD COLUMN taken_by TEXT;
ALTER TABLE cases ADD COLUMN legal_by TEXT;
ALTER TABLE cases ADD COLUMN matter TEXT;
ALTER TABLE cases ADD COLUMN subject_kind TEXT;
ALTER TABLE cases ADD COLUMN subject_name TEXT;
ALTER TABLE cases ADD COLUMN subject_ref TEXT;
ALTER TABLE cases ADD COLUMN warned_ms BIGINT;
ALTER TABLE cases ADD COLUMN warn_due_ms BIGINT;
ALTER TABLE cases ADD COLUMN exemption TEXT;
ALTER TABLE cases ADD COLUMN track TEXT;
ALTER TABLE cases ADD COLUMN outcome TEXT;

UPDATE cases SET
    zone_version = (SELECT k.zone_version FROM candidates k WHERE k.id = cases.candidate),
    first_seen_ms = (SELECT k.first_seen_ms FROM candidates k WHERE k.id = cases.candidate),
    raised_ms = (SELECT k.raised_ms FROM candidates k WHERE k.id = cases.candidate),
    state_ms = opened_ms;

CREATE INDEX cases_state ON cases (state, opened_ms, id);
CREATE INDEX cases_subject ON cases (subject_ref, raised_ms);

ALTER TABLE case_events ADD COLUMN act TEXT NOT NULL DEFAULT 'open';
ALTER TABLE case_events ADD COLUMN reason TEXT;
ALTER TABLE case_events ADD COLUMN certificate TEXT;
ALTER TABLE case_events ADD COLUMN details TEXT NOT NULL DEFAULT '{}';

-- One row per change, the highest version holds. `complete`: all four documents and at least one kind are there.
CREATE TABLE camera_register (
    camera TEXT NOT NULL REFERENCES cameras (id),
    version BIGINT NOT NULL,
    record TEXT NOT NULL,
    complete BIGINT NOT NULL,
    from_ms BIGINT NOT NULL,
    until_ms BIGINT NOT NULL,
    technical_due_ms BIGINT,
    note TEXT,
    at_ms BIGINT NOT NULL,
    by_name TEXT NOT NULL,
    PRIMARY KEY (camera, version)
);

-- Matters: what an authority may act on, and how. `district` empty: everywhere. Dates are days, both included.
CREATE TABLE matters (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    basis TEXT NOT NULL,
    district TEXT NOT NULL,
    warn_first BIGINT NOT NULL,
    correct_within_s BIGINT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_until TEXT,
    at_ms BIGINT NOT NULL,
    by_name TEXT NOT NULL
);

-- Exemptions: which matters may go unpunished, on what ground. A null bound does not apply.
CREATE TABLE exemptions (
    id TEXT PRIMARY KEY,
    matter TEXT NOT NULL REFERENCES matters (id),
    ground TEXT NOT NULL,
    clause TEXT NOT NULL,
    window_days BIGINT,
    most_open_minutes BIGINT,
    valid_from TEXT NOT NULL,
    valid_until TEXT,
    at_ms BIGINT NOT NULL,
    by_name TEXT NOT NULL
);

-- National and city law as it stands, so that a new installation can work; a district's own lists come beside it. The times to
-- correct, the window and the minutes are no law: they are where a bureau can begin, and are changed by ending an entry and adding one.
INSERT INTO matters (id, kind, name, basis, district, warn_first, correct_within_s, valid_from, at_ms, by_name) VALUES
    ('stall', 'illegal_stall', '无序设摊', '上海市市容环境卫生管理条例 第二十一条', '', 1, 1800, '2022-12-01', 0, 'installation'),
    ('storefront', 'storefront_encroachment', '跨门经营', '上海市市容环境卫生管理条例 第二十一条', '', 1, 1800, '2022-12-01', 0, 'installation'),
    ('advert', 'unauthorized_ad', '违规广告', '上海市市容环境卫生管理条例', '', 1, 86400, '2022-12-01', 0, 'installation'),
    ('dumping', 'waste_dumping', '偷乱倒垃圾', '上海市生活垃圾管理条例', '', 0, 7200, '2019-07-01', 0, 'installation');
INSERT INTO exemptions (id, matter, ground, clause, window_days, most_open_minutes, valid_from, at_ms, by_name) VALUES
    ('stall-first', 'stall', 'first_violation', '行政处罚法 第三十三条第一款 (初次违法)', 365, NULL, '2021-07-15', 0, 'installation'),
    ('stall-minor', 'stall', 'minor', '行政处罚法 第三十三条第一款 (轻微)', NULL, 60, '2021-07-15', 0, 'installation'),
    ('storefront-first', 'storefront', 'first_violation', '行政处罚法 第三十三条第一款 (初次违法)', 365, NULL, '2021-07-15', 0, 'installation'),
    ('storefront-minor', 'storefront', 'minor', '行政处罚法 第三十三条第一款 (轻微)', NULL, 60, '2021-07-15', 0, 'installation'),
    ('advert-first', 'advert', 'first_violation', '行政处罚法 第三十三条第一款 (初次违法)', 365, NULL, '2021-07-15', 0, 'installation');
