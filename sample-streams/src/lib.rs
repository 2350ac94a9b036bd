//! Rendered streets with ground truth, and an RTSP server that plays them as cameras
