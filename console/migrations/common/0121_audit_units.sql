-- Of which units the person was who drew a frame audit: its minutes were drawn of those alone, and how densely each place was drawn of
-- decides how much a minute weighs. A list of [district, street], null for all; an audit of before says nothing and counts as the city's.
ALTER TABLE frame_audits ADD COLUMN units TEXT NOT NULL DEFAULT '';
