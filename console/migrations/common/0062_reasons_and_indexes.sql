-- The reason of a rejection that holds, beside the state that it made: how right a camera was can be counted without its decisions.
ALTER TABLE candidates ADD COLUMN reason TEXT;
UPDATE candidates SET reason = (SELECT d.reason FROM decisions d WHERE d.candidate = candidates.id AND d.verdict = 'reject'
    ORDER BY d.seen_version DESC LIMIT 1) WHERE state = 'rejected';

-- Reviews that are owed, with all that the queue filters them by: the clock's counts read nothing else.
CREATE INDEX candidates_owed ON candidates (state, permitted, due_ms, received_ms, district, street, camera, zone, kind, key_area)
    WHERE state IN ('open', 'escalated', 'field_check');
CREATE INDEX cases_camera ON cases (camera, state, opened_ms, id);
CREATE INDEX cases_due ON cases (state, due_ms) WHERE due_ms IS NOT NULL;
