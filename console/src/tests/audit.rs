//! What was done stays done, and shows when somebody tried to change it.

use serde_json::json;

use super::both;
use super::world::{World, confirm};
use crate::dto::Role;

both!(append_only_tables_refuse_change);
async fn append_only_tables_refuse_change(world: World) {
    let id = world.candidate(1).await;
    let ada = world.person("ada", &[Role::Operator]).await;
    world.post(&ada, &format!("/candidates/{id}/decisions"), confirm(1)).await.expect(201);
    let site = events::site::Site::parse("site.toml", super::cameras::SITE).unwrap();
    world.state.store.import_site(&site, "test").await.unwrap();
    for (table, column) in [("decisions", "note"), ("case_events", "note"), ("audit", "actor"), ("camera_versions", "site")] {
        assert!(world.rows(table).await > 0, "{table}: there is something to change");
        for sql in [format!("UPDATE {table} SET {column} = 'x'"), format!("DELETE FROM {table}")] {
            let error = world.sql(&sql).await.expect_err(&sql);
            assert!(error.to_string().contains("append-only"), "{sql}: {error}");
        }
    }
}

both!(the_chain_shows_what_was_changed_taken_out_or_cut_off);
async fn the_chain_shows_what_was_changed_taken_out_or_cut_off(world: World) {
    let auditor = world.person("eye", &[Role::Auditor]).await;
    for n in 1..=4 {
        let id = world.candidate(n).await;
        let actor = world.person(&format!("ops{n}"), &[Role::Operator]).await;
        world.post(&actor, &format!("/candidates/{id}/decisions"), confirm(1)).await.expect(201);
    }
    let check = async || world.get(&auditor, "/audit/check").await.expect(200);
    let sound = check().await;
    assert_eq!((&sound["ok"], sound["rows"].as_i64()), (&json!(true), Some(world.rows("audit").await)));
    let last = sound["rows"].as_i64().unwrap();
    let page = world.get(&auditor, "/audit?limit=1").await.expect(200);
    assert_eq!(page["items"][0]["hash"], sound["head"]);

    // Somebody with every right on the database takes the triggers away first.
    let disarm = if world.is_postgres() {
        "ALTER TABLE audit DISABLE TRIGGER ALL"
    } else {
        "DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete"
    };
    world.sql(disarm).await.unwrap();
    for (crime, amends, at) in [
        ("UPDATE audit SET actor = 'mallory' WHERE seq = 3", "UPDATE audit SET actor = $kept WHERE seq = 3", 3),
        ("UPDATE audit SET details = '[1]' WHERE seq = 2", "UPDATE audit SET details = $kept WHERE seq = 2", 2),
        ("UPDATE audit SET at_ms = at_ms + 1 WHERE seq = 4", "UPDATE audit SET at_ms = at_ms - 1 WHERE seq = 4", 4),
    ] {
        let column = crime.split_whitespace().nth(3).unwrap();
        let kept = kept(&world, column, at).await;
        world.sql(crime).await.unwrap();
        let broken = check().await;
        assert_eq!((&broken["ok"], broken["broken_at"].as_i64()), (&json!(false), Some(at)), "{crime}");
        world.sql(&amends.replace("$kept", &format!("'{kept}'"))).await.unwrap();
        assert_eq!(check().await["ok"], true, "{amends}");
    }
    world.sql(&format!("DELETE FROM audit WHERE seq = {last}")).await.unwrap();
    let cut = check().await;
    assert_eq!((&cut["ok"], cut["broken_at"].as_i64()), (&json!(false), Some(last)), "the tail is cut off");
    world.sql("DELETE FROM audit WHERE seq = 1").await.unwrap();
    assert_eq!(check().await["broken_at"], 1);
}

async fn kept(world: &World, column: &str, seq: i64) -> String {
    use sqlx::Row;
    if column == "at_ms" {
        return String::new();
    }
    let pool = sqlx::AnyPool::connect(&world.url).await.unwrap();
    let sql = format!("SELECT {column} AS kept FROM audit WHERE seq = {seq}");
    let kept = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_one(&pool).await.unwrap().try_get("kept").unwrap();
    pool.close().await;
    kept
}
