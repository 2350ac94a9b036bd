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

both!(the_chain_is_looked_at_by_itself_and_a_broken_one_stays_said);
async fn the_chain_is_looked_at_by_itself_and_a_broken_one_stays_said(world: World) {
    let auditor = world.person("eye", &[Role::Auditor]).await;
    for (name, role) in [("root", Role::Administrator), ("ada", Role::Operator)] {
        world.person(name, &[role]).await;
    }
    let alarm = async |who| world.get(who, "/session").await.expect(200)["audit_alarm"].clone();
    let look = async || {
        assert!(crate::chain::look(&world.state.store).await);
        world.state.store.audit_watch().await.unwrap()
    };
    let (first, complete) = look().await;
    assert!(first.ok && !complete && first.rows == 0, "the look before was of all: {first:?}");
    world.person("bob", &[Role::Operator]).await;
    let (second, complete) = world.state.store.audit_watch().await.unwrap();
    assert_eq!((second.ok, complete, second.rows), (true, false, 2), "only what came since");
    assert!(alarm(&auditor).await.is_null());

    let disarm = if world.is_postgres() {
        "ALTER TABLE audit DISABLE TRIGGER ALL"
    } else {
        "DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete"
    };
    world.sql(disarm).await.unwrap();
    let actor = kept(&world, "actor", 3).await;
    world.sql("UPDATE audit SET actor = 'mallory' WHERE seq = 3").await.unwrap();
    // Before the anchor: the hourly look passes over it, the weekly one does not.
    assert!(look().await.0.ok);
    world.clock.advance(7 * 24 * 60 * 60_000 + 1);
    let (auditor, root, ada) = (world.log_in("eye").await, world.log_in("root").await, world.log_in("ada").await);
    let (weekly, complete) = look().await;
    assert_eq!((weekly.ok, complete, weekly.broken_at), (false, true, Some(3)));
    for who in [&auditor, &root] {
        assert_eq!(alarm(who).await["broken_at"], 3);
    }
    assert!(alarm(&ada).await.is_null(), "it is no business of others");
    // Putting it right again does not silence it before all was looked at.
    world.sql(&format!("UPDATE audit SET actor = '{actor}' WHERE seq = 3")).await.unwrap();
    assert_eq!(alarm(&auditor).await["broken_at"], 3);
    assert_eq!(world.get(&auditor, "/audit/check").await.expect(200)["ok"], true);
    assert!(alarm(&auditor).await.is_null());

    // Behind the anchor the next look finds it: a row altered, the newest cut off together with the head.
    world.person("eve", &[Role::Operator]).await;
    let last = world.rows("audit").await;
    world.sql(&format!("UPDATE audit SET object = 'x' WHERE seq = {last}")).await.unwrap();
    let (found, complete) = world.state.store.audit_watch().await.unwrap();
    assert_eq!((found.ok, complete, found.broken_at), (false, false, Some(last)));
    for sql in ["UPDATE audit_checks SET ok = 1", "DELETE FROM audit_checks"] {
        assert!(world.sql(sql).await.expect_err(sql).to_string().contains("append-only"), "{sql}");
    }
}

both!(a_chain_that_was_cut_back_before_the_last_look_is_missed_by_nobody);
async fn a_chain_that_was_cut_back_before_the_last_look_is_missed_by_nobody(world: World) {
    for name in ["ada", "bob", "eve"] {
        world.person(name, &[Role::Operator]).await;
    }
    assert!(world.state.store.audit_watch().await.unwrap().0.ok);
    let last = world.rows("audit").await;
    let disarm = if world.is_postgres() { "ALTER TABLE audit DISABLE TRIGGER ALL" } else { "DROP TRIGGER audit_no_delete" };
    world.sql(disarm).await.unwrap();
    let hash = kept(&world, "hash", last - 2).await;
    world.sql(&format!("DELETE FROM audit WHERE seq > {}", last - 2)).await.unwrap();
    world.sql(&format!("UPDATE heads SET value = {}, digest = '{hash}' WHERE name = 'audit'", last - 2)).await.unwrap();
    let (found, _) = world.state.store.audit_watch().await.unwrap();
    assert_eq!((found.ok, found.broken_at), (false, Some(last)), "the head was set back too, and agrees with what is left");
}
