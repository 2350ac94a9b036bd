-- How many are open on one camera, beside each camera of a list.
CREATE INDEX candidate_counts_camera ON candidate_counts (camera, state, permitted);
