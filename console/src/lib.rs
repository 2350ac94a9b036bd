//! The officers' web console: intake, review, zones, audit
