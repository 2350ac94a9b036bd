use proptest::prelude::*;

use super::*;

const GOOD: &str = r#"
holidays = ["2026-10-01"]
[[camera]]
id = "xh-0412"
name = "Wukang Rd / Hunan Rd, north corner"
district = "Xuhui"
street = "Hunan Road"
source = "rtsp://user:pass@host/path"
[camera.decode]
min_fps = 1.0
[[camera.zone]]
id = "pavement-north"
name = "North pavement"
polygon = [[0.10,0.55],[0.95,0.55],[0.95,1.0],[0.10,1.0]]
key_area = true
shop_line = [[0.10,0.58],[0.95,0.60]]
[camera.zone.rules.waste_dumping]
dwell = "30s"
[camera.zone.rules.illegal_stall]
[[camera.zone.permit]]
id = "night-market-2026"
kinds = ["illegal_stall"]
weekly = ["fri-sun 18:00-23:00"]
from = "2026-05-01"
until = "2026-10-31"
document = "district notice"
"#;

#[test]
fn the_contract_example_reads_with_its_defaults() {
    let site = Site::parse("site.toml", GOOD).unwrap();
    assert_eq!(site.calendar.time_zone.iana_name(), Some("Asia/Shanghai"));
    let camera = site.camera("xh-0412").unwrap();
    assert_eq!(camera.decode, DecodePolicy { min_fps: 1.0, ..DecodePolicy::default() });
    let zone = &camera.zones[0];
    assert_eq!(zone.rules[&Kind::WasteDumping].dwell, Duration::from_secs(30));
    assert_eq!(zone.rules[&Kind::WasteDumping].clear_after, Duration::from_secs(60));
    assert_eq!(zone.rules[&Kind::IllegalStall].dwell, Duration::from_secs(180));
    assert!(!zone.rules.contains_key(&Kind::UnauthorizedAd), "an absent kind is not watched");
    assert!(zone.version.starts_with("file-") && zone.version.len() == 17, "{}", zone.version);
}

#[test]
fn a_site_written_and_read_again_is_the_same_site() {
    let site = Site::parse("site.toml", GOOD).unwrap();
    let again = Site::parse("again.toml", &site.to_toml()).unwrap();
    assert_eq!(again.to_toml(), site.to_toml());
    assert_eq!(again.cameras[0].zones[0].version, site.cameras[0].zones[0].version);
}

#[track_caller]
fn refused(from: &str, to: &str, line: usize, says: &str) {
    assert!(GOOD.contains(from), "the test changes {from:?}, which is not there");
    let error = Site::parse("site.toml", &GOOD.replacen(from, to, 1)).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with(&format!("site.toml:{line}: ")), "{text}");
    assert!(text.contains(says), "{text}");
}

#[test]
fn what_is_wrong_is_named_with_line_and_field() {
    refused("key_area = true", "key_aria = true", 15, "key_aria");
    refused("[0.95,1.0],[0.10,1.0]]", "[0.10,1.0],[0.95,1.0]]", 14, "crosses itself");
    refused("[0.95,0.55]", "[1.95,0.55]", 14, "corner 1 (1.95, 0.55) lies outside 0..1");
    refused("rules.illegal_stall", "rules.illegal_stal", 19, "unknown kind \"illegal_stal\"");
    refused("\"xh-0412\"", "\"XH 0412\"", 4, "camera id \"XH 0412\"");
    refused("\"30s\"", "\"30\"", 18, "rules.waste_dumping: dwell: \"30\" is not a duration");
    refused("fri-sun 18:00", "fri-son 18:00", 23, "\"son\" is not a day");
    refused("until = \"2026-10-31\"", "until = \"2026-04-31\"", 25, "not a date");
    refused("until = \"2026-10-31\"", "until = \"2026-04-30\"", 25, "is before from");
    refused("min_fps = 1.0", "min_fps = nan", 10, "not between");
    refused("holidays = [\"2026-10-01\"]", "time_zone = \"Asia/Shanghia\"", 2, "unknown time zone");
}

#[test]
fn ids_used_twice_are_refused() {
    let twice = format!("{GOOD}{}", GOOD.replace("holidays = [\"2026-10-01\"]", ""));
    let error = Site::parse("site.toml", &twice).unwrap_err().to_string();
    assert!(error.contains("\"xh-0412\" is used twice"), "{error}");
}

#[test]
fn secrets_do_not_show_whatever_their_name() {
    for (source, told) in [
        ("rtsp://user:p@ss@host:554/a@b", "rtsp://***@host:554/a@b"),
        ("rtsp://host/path", "rtsp://host/path"),
        ("clip.mp4", "clip.mp4"),
        ("videos/what?=1.mp4", "videos/what?=1.mp4"),
        ("rtsp://u:p@host/live?token=abc&channel=1", "rtsp://***@host/live?token=***&channel=***"),
        ("http://host/live.m3u8?t=a=b;n=#part", "http://host/live.m3u8?t=***;n=#part"),
        ("http://host/live?d41d8cd98f00b204", "http://host/live?***"),
        ("http://host/a?x=1?token=2", "http://host/a?x=***?token=***"),
        ("rtsp://host/user=admin&password=x1&channel=1", "rtsp://host/user=admin&password=***&channel=1"),
        ("http://host/#access_token=abc", "http://host/#access_token=***"),
    ] {
        assert_eq!(redact_source(source), told);
        assert_eq!(redact_source(told), told, "twice is once");
    }
}

proptest! {
    /// No secret of an address is in what is shown of it, the names are, and so is where the camera stands.
    #[test]
    fn what_is_redacted_tells_no_secret(
        scheme in "rtsps?|https?",
        user in prop::option::of("SECRET[a-zA-Z0-9:@%._~-]{0,12}"),
        path in "[a-z0-9/._-]{0,12}",
        query in prop::collection::vec(("[a-zA-Z_.-]{1,8}", "SECRET[a-zA-Z0-9%=:@/+~.-]{0,12}", "[&;?]"), 0..4),
        bare in prop::option::of("SECRET[a-z0-9]{0,8}"),
    ) {
        let user = user.map(|user| format!("{user}@")).unwrap_or_default();
        let mut source = format!("{scheme}://{user}10.0.0.7:554/{path}?");
        for (name, value, mark) in &query {
            source += &format!("{name}={value}{mark}");
        }
        source += bare.as_deref().unwrap_or_default();
        let told = redact_source(&source);
        prop_assert!(!told.contains("SECRET"), "{source} -> {told}");
        prop_assert!(told.contains("10.0.0.7:554/"), "{told}");
        prop_assert!(query.iter().all(|(name, ..)| told.contains(&format!("{name}=***"))), "{source} -> {told}");
        prop_assert_eq!(redact_source(&told), told);
    }
}
