//! Cameras leave as a site file and come back as what they were; passwords only for those who may set them.

use events::site::Site;
use serde_json::json;

use super::both;
use super::cameras::SITE;
use super::world::{Person, Reply, World};
use crate::dto::Role;

const OTHER: &str = r#"
holidays = ["2027-02-06"]
[[camera]]
id = "cam-2"
name = "South corner"
district = "Jing'an"
street = "River Road"
source = "rtsp://10.0.0.2/user=admin&password=x1"
"#;

async fn import(world: &World, site: &str) {
    world.state.store.import_site(&Site::parse("site.toml", site).unwrap(), "test").await.unwrap();
}

async fn file(world: &World, person: &Person, query: &str) -> Reply {
    world.get(person, &format!("/site/file{query}")).await
}

fn text(reply: &Reply) -> String {
    assert_eq!(reply.status.as_u16(), 200, "{}", String::from_utf8_lossy(&reply.bytes));
    String::from_utf8(reply.bytes.clone()).unwrap()
}

both!(a_site_file_goes_out_and_comes_back_as_it_was);
async fn a_site_file_goes_out_and_comes_back_as_it_was(world: World) {
    import(&world, SITE).await;
    let editor = world.person("ed", &[Role::BureauEditor]).await;
    let reply = file(&world, &editor, "").await;
    assert!(reply.headers["content-disposition"].to_str().unwrap().contains("site.toml"));
    let plain = text(&reply);
    assert!(plain.contains("rtsp://***@10.0.0.1/stream") && !plain.contains("secret@"), "{plain}");
    let import = async |site: &str| world.post(&editor, "/cameras/import", json!({ "site": site })).await;
    assert_eq!(import(&plain).await.expect(200), json!({ "changed": [], "unchanged": ["cam-1"] }), "as the console has it");

    let whole = text(&file(&world, &editor, "?secrets=true").await);
    assert!(whole.contains("rtsp://user:secret@10.0.0.1/stream"));
    assert_eq!(import(&whole).await.expect(200)["changed"], json!([]));

    // A change goes in, and the password stays; another address has none to keep.
    let changed = import(&plain.replace("North corner", "North-west corner")).await.expect(200);
    assert_eq!(changed["changed"], json!(["cam-1"]));
    let (_, kept) = world.state.store.camera("cam-1", 0).await.unwrap().unwrap();
    assert!(kept.contains("user:secret@") && kept.contains("North-west"), "{kept}");
    assert_eq!(import(&plain.replace("10.0.0.1", "10.0.0.9")).await.code(), "secret_left_out");
    assert_eq!(import(&plain.replace("cam-1", "cam-new")).await.code(), "secret_left_out");

    let auditor = world.person("audit", &[Role::Auditor]).await;
    let log = world.get(&auditor, "/audit?action=camera.export").await.expect(200);
    let with: Vec<_> = log["items"].as_array().unwrap().iter().map(|row| row["details"]["secrets"].clone()).collect();
    assert_eq!(with, [json!(true), json!(false)], "each with whether secrets went out");
}

both!(only_who_may_set_passwords_may_have_them);
async fn only_who_may_set_passwords_may_have_them(world: World) {
    import(&world, SITE).await;
    for (name, role, secrets) in [
        ("ed", Role::BureauEditor, 200),
        ("admin", Role::Administrator, 200),
        ("approver", Role::BureauApprover, 403),
        ("super", Role::Supervisor, 403),
        ("audit", Role::Auditor, 403),
    ] {
        let person = world.person(name, &[role]).await;
        assert!(!text(&file(&world, &person, "").await).contains("secret@"), "{name}");
        assert_eq!(file(&world, &person, "?secrets=true").await.status.as_u16(), secrets, "{name}");
        let summary = world.get(&person, "/site").await.expect(200);
        assert_eq!(summary["may_have_secrets"], json!(secrets == 200));
        assert_eq!((&summary["groups"][0]["cameras"], &summary["groups"][0]["with_secrets"]), (&json!(1), &json!(1)));
    }
    let operator = world.person("ops", &[Role::Operator]).await;
    assert_eq!(file(&world, &operator, "").await.status.as_u16(), 403);
}

both!(cameras_with_another_calendar_are_another_file);
async fn cameras_with_another_calendar_are_another_file(world: World) {
    let editor = world.person("ed", &[Role::BureauEditor]).await;
    assert_eq!(file(&world, &editor, "").await.code(), "not_found", "nothing to export");
    import(&world, SITE).await;
    import(&world, OTHER).await;
    assert_eq!(file(&world, &editor, "").await.code(), "several_calendars");
    let groups = world.get(&editor, "/site").await.expect(200)["groups"].clone();
    assert_eq!(groups.as_array().unwrap().len(), 2);
    for group in groups.as_array().unwrap() {
        let file = text(&file(&world, &editor, &format!("?calendar={}", group["calendar"].as_str().unwrap())).await);
        let site = Site::parse("site.toml", &file).unwrap();
        assert_eq!((site.cameras.len(), site.calendar.holidays.len() as i64), (1, group["holidays"].as_i64().unwrap()));
        assert!(!file.contains("x1") && !file.contains("secret@"), "{file}");
    }
    assert_eq!(file(&world, &editor, "?calendar=none").await.code(), "not_found");
    let only = text(&file(&world, &editor, "?district=Xuhui").await);
    assert!(only.contains("cam-1") && !only.contains("cam-2"));
}

both!(an_export_holds_what_its_reader_sees);
async fn an_export_holds_what_its_reader_sees(world: World) {
    import(&world, SITE).await;
    import(&world, &OTHER.replace("holidays = [\"2027-02-06\"]\n", "")).await;
    let root = world.person("root", &[Role::Administrator]).await;
    let units = world.state.store.units().await.unwrap();
    let unit = units.iter().find(|unit| unit.unit.district.as_deref() == Some("Xuhui") && unit.unit.street.is_none()).unwrap();
    let unit = unit.unit.id.clone();
    let editor = world.person_of("local", &[Role::BureauEditor], &[&unit]).await;
    let mine = text(&file(&world, &editor, "?secrets=true").await);
    assert!(mine.contains("cam-1") && !mine.contains("cam-2"), "{mine}");
    let reply = file(&world, &editor, "?district=Jing%27an").await;
    assert_eq!(reply.code(), "not_found", "not even that there is something");
    assert_eq!(text(&file(&world, &root, "").await).matches("[[camera]]").count(), 2);
}
