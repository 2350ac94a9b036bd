-- A case is looked up by its candidate where somebody keeps out of it: without this each page of a case walked all that wait.
CREATE INDEX cases_candidate ON cases (candidate, state);
