//! Cameras as a site file again: what an import takes, `kerbwatch check` reads, and people keep.
//!
//! **Passwords.** A stream's address may hold a user and a password. Who may import site files may set them, and may have them in
//! the file when they ask for them by name, which the audit log says. For all others, and by default, they are left out: in
//! their place stands `***`. An import takes such an address for "as the console has it", if it is the same but for that; so a
//! file without secrets can be exported, changed and imported, and no camera loses its password by it.

use std::collections::BTreeMap;

use events::schedule::Calendar;
use events::site::{Camera, LEFT_OUT, Site, without_secrets};
use sha2::{Digest, Sha256};

use crate::error::{ApiError, refused};

/// Cameras that share time zone and holidays: one site file has one calendar.
pub(crate) struct Group {
    /// Names the calendar: eight digits of its digest.
    pub(crate) calendar: String,
    pub(crate) site: Site,
}

impl Group {
    /// Cameras whose address has something that is left out.
    pub(crate) fn with_secrets(&self) -> usize {
        self.site.cameras.iter().filter(|camera| without_secrets(&camera.source) != camera.source).count()
    }

    /// The file.
    pub(crate) fn file(&self, secrets: bool) -> String {
        let mut site = self.site.clone();
        if !secrets {
            site.cameras.iter_mut().for_each(|camera| camera.source = without_secrets(&camera.source));
        }
        site.to_toml()
    }
}

fn name_of(calendar: &Calendar) -> String {
    let text = Site { calendar: calendar.clone(), cameras: Vec::new() }.to_toml();
    hex::encode(&Sha256::digest(text.as_bytes())[..4])
}

/// Kept settings by calendar, that of the most cameras first. Settings that cannot be read are an error: a file that lacks a
/// camera without a word is worse than none.
///
/// # Errors
/// Which camera.
pub(crate) fn by_calendar(kept: &[(String, String)]) -> Result<Vec<Group>, ApiError> {
    let mut groups: BTreeMap<String, Site> = BTreeMap::new();
    for (id, text) in kept {
        let site = Site::parse(id, text).map_err(|error| ApiError::internal("reading a camera's settings", error))?;
        let group = groups
            .entry(name_of(&site.calendar))
            .or_insert_with(|| Site { calendar: site.calendar.clone(), cameras: Vec::new() });
        group.cameras.extend(site.cameras);
    }
    let mut groups: Vec<Group> = groups.into_iter().map(|(calendar, site)| Group { calendar, site }).collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.site.cameras.len()));
    Ok(groups)
}

/// Is something left out of its address?
pub(crate) fn lacks_secret(camera: &Camera) -> bool {
    camera.source.contains(LEFT_OUT)
}

/// Puts back what was left out of an address that [`lacks_secret`], from what the console has of the camera.
///
/// # Errors
/// The address has something left out, and is not otherwise that which the console has.
pub(crate) fn put_back(camera: &mut Camera, kept: Option<&Camera>) -> Result<(), ApiError> {
    match kept.filter(|kept| without_secrets(&kept.source) == camera.source) {
        Some(kept) => {
            camera.source.clone_from(&kept.source);
            Ok(())
        }
        None => {
            let message = format!(
                "{}: the secret of its source is left out ({LEFT_OUT}), and the source is not otherwise the one that is kept: write \
                 it out",
                camera.id
            );
            Err(refused("secret_left_out", message))
        }
    }
}

/// Refuses a site whose addresses lack their secrets, where there is nothing to put them back from.
///
/// # Errors
/// Which cameras.
pub(crate) fn written_out(site: &Site) -> Result<(), String> {
    let lacking: Vec<&str> = site.cameras.iter().filter(|camera| lacks_secret(camera)).map(|camera| camera.id.as_str()).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    Err(format!("the secret of the source is left out ({LEFT_OUT}): write it out; cameras {}", lacking.join(", ")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Sites as bureaus write them, in TOML of our own making: whatever the reader takes.
    fn camera_text() -> impl Strategy<Value = String> {
        let name = "[a-zA-Z0-9 \"'\\\\#=\\[\\]武康路/,.-]{1,20}";
        let source = prop_oneof![
            Just("rtsp://10.0.0.1/1".to_owned()),
            "[a-z]{1,5}:[a-zA-Z0-9@:]{1,8}".prop_map(|secret| format!("rtsp://{secret}@10.0.0.1:554/a?token={}", secret.len())),
            "[a-z]{1,8}\\.mp4".prop_map(|file| format!("videos/{file}")),
        ];
        let window = prop_oneof![Just("daily 18:00-02:00"), Just("fri-sun 06:00-23:30"), Just("workdays 08:30-17:30")];
        let rule = (any::<bool>(), 1..7200_u32, 0..100_u32, prop::option::of(window.clone()));
        let zone =
            (name, any::<bool>(), 1..40_u32, prop::collection::vec(rule, 0..4), prop::option::of((window, any::<bool>(), name)));
        (name, name, source, 1..50_u32, any::<bool>(), prop::collection::vec(zone, 0..3)).prop_map(
            |(name, street, source, fps, full, zones)| {
                let idle = if full { "full" } else { "keyframes" };
                let mut text = format!(
                    "name = {name:?}\ndistrict = \"Xuhui\"\nstreet = {street:?}\nsource = {source:?}\n\
                     [camera.decode]\nidle = \"{idle}\"\nactive_fps = {}.5\nmin_fps = 0.25\n",
                    fps
                );
                for (number, (name, key, edge, rules, permit)) in zones.iter().enumerate() {
                    let edge = f64::from(*edge) / 100.0;
                    text += &format!(
                        "[[camera.zone]]\nid = \"z{number}\"\nname = {name:?}\nkey_area = {key}\n\
                         polygon = [[{edge}, {edge}], [0.9, 0.1], [0.95, 0.95]]\n"
                    );
                    for ((weekly, dwell, area, window), kind) in rules.iter().zip(events::Kind::ALL) {
                        text += &format!(
                            "[camera.zone.rules.{kind}]\ndwell = \"{dwell}s\"\nmin_area = {}\n",
                            f64::from(*area) / 10_000.0,
                            kind = kind.wire_name()
                        );
                        if let (true, Some(window)) = (weekly, window) {
                            text += &format!("weekly = [\"{window}\"]\n");
                        }
                    }
                    if let Some((window, part, document)) = permit {
                        text += &format!(
                            "[[camera.zone.permit]]\nid = \"p\"\nkinds = [\"illegal_stall\"]\nweekly = [\"{window}\"]\n\
                             from = \"2026-05-01\"\ndocument = {document:?}\n"
                        );
                        if *part {
                            text += "polygon = [[0.5, 0.3], [0.8, 0.2], [0.8, 0.5]]\n";
                        }
                    }
                }
                text
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// What is exported is what is kept, camera by camera and word for word, with or without secrets.
        #[test]
        fn an_export_says_what_is_kept(cameras in prop::collection::vec((camera_text(), 0..2_usize), 1..6)) {
            let calendars = ["", "holidays = [\"2026-10-01\"]\n"];
            let mut kept = Vec::new();
            for (number, (text, calendar)) in cameras.iter().enumerate() {
                let text = format!("{}[[camera]]\nid = \"cam-{number}\"\n{text}", calendars[*calendar]);
                // A name of blanks alone is refused, and rightly.
                let Ok(site) = Site::parse("made up", &text) else { return Err(TestCaseError::reject("not a site")) };
                kept.push((format!("cam-{number}"), site.to_toml()));
            }
            let groups = by_calendar(&kept).unwrap();
            prop_assert_eq!(groups.iter().map(|group| group.site.cameras.len()).sum::<usize>(), kept.len());
            let kept: BTreeMap<String, String> = kept.into_iter().collect();
            for group in &groups {
                for secrets in [true, false] {
                    let file = group.file(secrets);
                    prop_assert!(secrets || !file.contains("token=") || file.contains("token=***"));
                    let mut read = Site::parse("site.toml", &file).unwrap();
                    for camera in &mut read.cameras {
                        let mine = Site::parse("kept", &kept[camera.id.as_str()]).unwrap();
                        if lacks_secret(camera) {
                            put_back(camera, mine.cameras.first()).unwrap();
                        }
                        let alone = Site { calendar: read.calendar.clone(), cameras: vec![camera.clone()] };
                        prop_assert_eq!(&alone.to_toml(), &kept[camera.id.as_str()]);
                    }
                }
            }
        }
    }

    #[test]
    fn secrets_are_left_out_wherever_makers_put_them() {
        for (source, told) in [
            ("rtsp://user:p@ss@host:554/a@b", "rtsp://***@host:554/a@b"),
            ("rtsp://host/Streaming/101", "rtsp://host/Streaming/101"),
            ("rtsp://host/user=admin&password=x1&channel=1", "rtsp://host/user=admin&password=***&channel=1"),
            ("http://host/live.m3u8?accessToken=abc&profile=2#t", "http://host/live.m3u8?accessToken=***&profile=2#t"),
            ("rtsp://u:p@host/x?pwd=1;q=2", "rtsp://***@host/x?pwd=***;q=2"),
            ("gb28181://34020000002000000001/34020000001320000001", "gb28181://34020000002000000001/34020000001320000001"),
            ("videos/key=1.mp4", "videos/key=1.mp4"),
            ("rtsp://host/?token=", "rtsp://host/?token="),
        ] {
            assert_eq!(without_secrets(source), told);
            assert_eq!(without_secrets(told), told, "twice is once");
        }
    }
}
