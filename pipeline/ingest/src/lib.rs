//! GStreamer in: stamped frames and the encoded pre-roll out
