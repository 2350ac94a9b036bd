-- Zone-days know more than before: times from warnings, subjects that came back, second reviews and second looks. All of them are
-- made again; none of that restates a day.
UPDATE clearance_progress SET as_of_ms = 0, all_ms = 0, built = 0;

CREATE INDEX sample_items_candidate ON sample_items (candidate);
CREATE INDEX second_looks_time ON second_looks (at_ms);
