-- What a party is told, and what it says. Templates of notices are data with days, as the lists of law are; the text that went out
-- stands in the history of the case. Of a query code only its digest is kept.
CREATE TABLE notice_templates (
    id TEXT PRIMARY KEY,
    purpose TEXT NOT NULL,
    name TEXT NOT NULL,
    district TEXT NOT NULL,
    body TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_until TEXT,
    at_ms BIGINT NOT NULL,
    by_name TEXT NOT NULL,
    replaces TEXT,
    reason TEXT,
    end_reason TEXT
);
CREATE UNIQUE INDEX notice_templates_replaces ON notice_templates (replaces);

-- The fine that was last named to the party, whole yuan; and the most it may be after a defence.
ALTER TABLE cases ADD COLUMN expected_fine_yuan BIGINT;
ALTER TABLE cases ADD COLUMN fine_cap_yuan BIGINT;

CREATE TABLE party_codes (
    id TEXT PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases (id),
    code_hash TEXT NOT NULL UNIQUE,
    made_ms BIGINT NOT NULL,
    by_name TEXT NOT NULL,
    expires_ms BIGINT NOT NULL,
    revoked_ms BIGINT,
    revoked_by TEXT
);
CREATE INDEX party_codes_case ON party_codes (case_id, made_ms);

CREATE TABLE party_looks (
    id TEXT PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases (id),
    code TEXT NOT NULL,
    still BIGINT NOT NULL,
    at_ms BIGINT NOT NULL
);
CREATE INDEX party_looks_case ON party_looks (case_id, at_ms);

CREATE TABLE defences (
    id TEXT PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases (id),
    n BIGINT NOT NULL,
    channel TEXT NOT NULL,
    received_ms BIGINT NOT NULL,
    said TEXT NOT NULL,
    attachment_sha256 TEXT,
    entered_by TEXT NOT NULL,
    entered_ms BIGINT NOT NULL,
    UNIQUE (case_id, n)
);

CREATE TABLE defence_answers (
    defence TEXT PRIMARY KEY REFERENCES defences (id),
    accepted BIGINT NOT NULL,
    reasons TEXT NOT NULL,
    by_name TEXT NOT NULL,
    at_ms BIGINT NOT NULL
);

INSERT INTO notice_templates (id, purpose, name, district, body, valid_from, at_ms, by_name) VALUES
    ('warning', 'warning', '责令改正告知', '', '{subject}：
{seen_at}，{place}有“{matter}”的情形，依据为{basis}。请在{due_at}前自行改正；按时改正且情节轻微的，可以依法不予处罚。
凭案件编号{case_no}和另行告知的查询码，可以在{query_page}查看本案的时间、地点、依据和已作遮挡的图片，并提出陈述、申辩；也可以当面或者书面提出。提出意见不会使处理加重。', '2021-07-15', 0, 'installation'),
    ('informing', 'informing', '拟处罚告知', '', '{subject}：
{seen_at}，{place}有“{matter}”的情形。经审核，依据{basis}，拟罚款{fine}元。
对此可以陈述、申辩：凭案件编号{case_no}和另行告知的查询码在{query_page}提出，或者当面、书面提出。意见由另一名法制审核人员复核并答复，不会因此加重处罚。', '2021-07-15', 0, 'installation');

CREATE TRIGGER party_looks_no_update BEFORE UPDATE ON party_looks
BEGIN
    SELECT RAISE(ABORT, 'party_looks is append-only');
END;

CREATE TRIGGER party_looks_no_delete BEFORE DELETE ON party_looks
BEGIN
    SELECT RAISE(ABORT, 'party_looks is append-only');
END;

CREATE TRIGGER defences_no_update BEFORE UPDATE ON defences
BEGIN
    SELECT RAISE(ABORT, 'defences is append-only');
END;

CREATE TRIGGER defences_no_delete BEFORE DELETE ON defences
BEGIN
    SELECT RAISE(ABORT, 'defences is append-only');
END;

CREATE TRIGGER defence_answers_no_update BEFORE UPDATE ON defence_answers
BEGIN
    SELECT RAISE(ABORT, 'defence_answers is append-only');
END;

CREATE TRIGGER defence_answers_no_delete BEFORE DELETE ON defence_answers
BEGIN
    SELECT RAISE(ABORT, 'defence_answers is append-only');
END;
