//! What the tests seal: a candidate on a camera with a permit and a password in its source.

use std::time::Duration;

use events::site::{Decode, Site};
use events::{
    BBox, Candidate, CandidateId, ClockSource, Fact, Kind, ModelRef, Moment, RunId, Score, Stamp, StreamTime, WallTime, Why,
};

use super::{Clip, ClipSource, Container, Context, Draft, Role, Still};

pub(crate) const SITE: &str = r#"
[[camera]]
id = "xh-0412"
name = "Wukang Rd / Hunan Rd"
district = "Xuhui"
street = "Hunan Road"
source = "rtsp://user:secret@10.0.0.7/path?token=secret&channel=1"
[[camera.zone]]
id = "pavement"
name = "North pavement"
polygon = [[0.1,0.5],[0.9,0.5],[0.9,1.0],[0.1,1.0]]
[camera.zone.rules.waste_dumping]
dwell = "30s"
[[camera.zone.permit]]
id = "collection-point"
kinds = ["waste_dumping"]
weekly = ["daily 20:00-22:00"]
document = "district notice 7"
"#;

/// 2026-10-01T08:00:00Z and `at_s` of run 1.
pub(crate) fn moment(at_s: f64) -> Moment {
    let at = StreamTime::from_secs_f64(at_s);
    let wall = WallTime {
        unix_ns: 1_790_841_600_000_000_000 + at.0,
        max_error: Duration::from_millis(40),
        source: ClockSource::Arrival,
    };
    Moment { run: RunId(1), at, wall }
}

pub(crate) fn stamp(at_s: f64) -> Stamp {
    let Moment { run, at, wall } = moment(at_s);
    Stamp { camera: "xh-0412".parse().unwrap(), run, seq: (at_s * 25.0) as u64, at, wall }
}

/// The `n`th candidate: 10 s, 100 s apart.
pub(crate) fn candidate(n: u16) -> Candidate {
    let first_seen = moment(10.0 + 100.0 * f64::from(n));
    let camera = "xh-0412".parse().unwrap();
    let zone = "pavement".parse().unwrap();
    Candidate {
        id: CandidateId::derive(&camera, &zone, Kind::WasteDumping, first_seen.wall, (n, 500)),
        kind: Kind::WasteDumping,
        camera,
        zone,
        zone_version: "file-0123456789ab".to_owned(),
        permit: None,
        first_seen,
        raised: moment(50.0 + 100.0 * f64::from(n)),
        bbox: BBox::clamped(0.4, 0.6, 0.5, 0.7),
        score: Score::clamped(0.9),
        why: Why {
            text: "left behind 31 s ago".to_owned(),
            facts: vec![Fact { name: "dwell", value: 31.2, needed: Some(30.0), unit: "s" }],
        },
    }
}

pub(crate) fn draft(n: u16) -> Draft {
    let candidate = candidate(n);
    let (first, raised) = (candidate.first_seen.at.as_secs_f64(), candidate.raised.at.as_secs_f64());
    let site = Site::parse("site.toml", SITE).unwrap();
    let still = |role: Role, at_s: f64| Still {
        role,
        stamp: stamp(at_s),
        jpeg: format!("{} of candidate {n}", role.wire_name()).into_bytes(),
    };
    Draft {
        stills: vec![still(Role::FirstSeen, first), still(Role::Mid, (first + raised) / 2.0), still(Role::Trigger, raised)],
        clips: vec![Clip {
            role: Role::Clip,
            source: ClipSource::Bytes((0..4096_u32).map(|i| (i * 31 + u32::from(n)) as u8).collect()),
            container: Container::Mp4,
            from: moment(first - 10.0),
            to: moment(raised + 5.0),
        }],
        moment: Some(moment(first - 1.2)),
        models: vec![ModelRef { name: "street-nano".to_owned(), sha256: "ab".repeat(32) }],
        gaps: Vec::new(),
        context: Context {
            camera: site.cameras[0].clone(),
            calendar: site.calendar,
            worker: "worker-1".to_owned(),
            software: "0.1.0 (1a2b3c4d5e6f)".to_owned(),
            decode: Decode::KeyFrames,
        },
        candidate,
    }
}
