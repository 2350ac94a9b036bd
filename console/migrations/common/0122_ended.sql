-- Since when a candidate is known to stand no more: the camera's last word on it, once that is not "present"; null while it stands. The
-- moment is written when it goes and not with every look, so that what stood at a moment is found by an index that looks do not touch.
ALTER TABLE candidates ADD COLUMN ended_ms BIGINT;
UPDATE candidates SET ended_ms = CASE WHEN seen_ms > raised_ms THEN seen_ms ELSE raised_ms END WHERE seen_state IN ('cleared', 'lost');
CREATE INDEX candidates_stood ON candidates (camera, zone, kind, ended_ms, first_seen_ms);
