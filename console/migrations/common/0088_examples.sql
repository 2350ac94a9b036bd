-- What an export to training would hold is counted without the decisions themselves: state and reason of the candidates that were decided.
CREATE INDEX candidates_examples ON candidates (state, reason, kind, district, street, camera) WHERE state IN ('confirmed', 'rejected');
