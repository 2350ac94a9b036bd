-- Zone-days know what was merged into another and still stood, and what became of decisions in cases. All of them are made again;
-- a final day that differs is a restatement.
UPDATE clearance_progress SET as_of_ms = 0, all_ms = 0, built = 0;
