-- The order of the queue, and candidates that are the same thing.

-- Both are times, so that their order holds at every moment and can be indexed: what was more urgent a minute ago is more
-- urgent now. `due_ms` is when the review is due; `rank_ms` is that, earlier by the head start the candidate has. 0 until the
-- console has set them.
ALTER TABLE candidates ADD COLUMN due_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE candidates ADD COLUMN rank_ms BIGINT NOT NULL DEFAULT 0;
CREATE INDEX candidates_risk ON candidates (state, permitted, rank_ms, id);
CREATE INDEX candidates_arrival ON candidates (state, received_ms);

-- The candidate that carries this one, while it is merged; in a decision, the one that was named.
ALTER TABLE candidates ADD COLUMN merged_into TEXT;
ALTER TABLE decisions ADD COLUMN merged_into TEXT;
CREATE INDEX candidates_carried ON candidates (merged_into) WHERE merged_into IS NOT NULL;
-- Other cameras of a street, for proposals.
CREATE INDEX candidates_street ON candidates (district, street, kind, raised_ms);
