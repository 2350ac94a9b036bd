//! Pure: tracker, static change, zones, permits and the four violations
