-- The lists of law by version: an entry is not edited, a new one replaces it from a day on, with the reason.
ALTER TABLE matters ADD COLUMN replaces TEXT;
ALTER TABLE matters ADD COLUMN reason TEXT;
ALTER TABLE matters ADD COLUMN end_reason TEXT;
ALTER TABLE exemptions ADD COLUMN replaces TEXT;
ALTER TABLE exemptions ADD COLUMN reason TEXT;
ALTER TABLE exemptions ADD COLUMN end_reason TEXT;
CREATE UNIQUE INDEX matters_replaces ON matters (replaces);
CREATE UNIQUE INDEX exemptions_replaces ON exemptions (replaces);
