-- Whose desk cases lie on: what a reviewer opened, and took, is counted and walked without the rest.
CREATE INDEX cases_opened_by ON cases (opened_by) WHERE state = 'opened';
CREATE INDEX cases_taken_by ON cases (taken_by, opened_ms, id) WHERE state = 'legal_review';
-- What the hard stop closes is looked for each minute among what is owed: PostgreSQL walked all of the past for it.
CREATE INDEX candidates_waiting ON candidates (received_ms) WHERE state IN ('open', 'escalated', 'field_check');
