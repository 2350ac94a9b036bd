//! Kerbwatch: street cameras in, reviewed enforcement candidates out
