//! A city's worth of rows: how long the pages take with 1,000,000 candidates. Not part of the ordinary run, because times depend
//! on the machine: `cargo test -p kerbwatch-console --lib -- --ignored large --nocapture` prints a table for both databases.

use std::time::{Duration, Instant};

use super::world::{Person, World};
use crate::dto::Role;

/// `KERBWATCH_ROWS` asks for another number.
const ROWS: u32 = 1_000_000;
/// Each page is asked for so often; the 95th of a hundred is between the 38th and the 39th of these.
const CALLS: usize = 40;

/// Ninety days of 400 cameras in 10 districts of 4 streets; half a per cent is open, as on a bad morning.
fn fill(world: &World, rows: u32) -> String {
    let postgres = world.is_postgres();
    let (id, camera) = if postgres {
        ("lpad(to_hex(i), 32, '0')", "'cam-' || (i * 7 % 400)::text")
    } else {
        ("printf('%032x', i)", "'cam-' || (i * 7 % 400)")
    };
    let text = |number: &str| if postgres { format!("({number})::text") } else { format!("({number})") };
    let (district, street) = (text("i * 7 % 10"), text("i * 7 % 40"));
    let now = world.now_ms();
    let step = 90i64 * 24 * 3_600_000 / i64::from(rows);
    format!(
        "WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) \
         INSERT INTO candidates (id, state, version, kind, camera, zone, zone_version, permitted, run, first_seen_s, raised_s, \
         first_seen_ms, raised_ms, received_ms, clock, x1, y1, x2, y2, score, why, models, wire, camera_name, district, street, \
         zone_name, key_area) SELECT {id}, \
         CASE WHEN i % 200 = 0 THEN 'open' WHEN i % 997 = 0 THEN 'escalated' WHEN i % 3 = 0 THEN 'confirmed' ELSE 'rejected' END, \
         1, CASE i % 4 WHEN 0 THEN 'illegal_stall' WHEN 1 THEN 'waste_dumping' WHEN 2 THEN 'unauthorized_ad' \
         ELSE 'storefront_encroachment' END, {camera}, 'north', 'file-0', CASE WHEN i % 20 = 3 THEN 1 ELSE 0 END, 1, 0.0, 30.0, \
         {now} - i * {step} - 30000, {now} - i * {step}, {now} - i * {step}, 'arrival', 0.1, 0.1, 0.2, 0.2, \
         (i * 31 % 1000) / 1000.0, '{{\"text\":\"left\",\"facts\":[]}}', '[]', '', 'Corner', 'District ' || {district}, \
         'Street ' || {street}, 'North', CASE WHEN i % 9 = 0 THEN 1 ELSE 0 END FROM n"
    )
}

async fn p95(world: &World, who: &Person, path: &str) -> Duration {
    let mut times = Vec::new();
    for _ in 0..CALLS {
        let begin = Instant::now();
        let reply = world.get(who, path).await;
        times.push(begin.elapsed());
        assert_eq!(reply.status, 200, "{path}: {}", String::from_utf8_lossy(&reply.bytes));
    }
    times.sort();
    times[CALLS * 95 / 100]
}

mod pages {
    use super::*;

    async fn pages_with_a_million_candidates(world: World) {
        let rows = std::env::var("KERBWATCH_ROWS").ok().and_then(|text| text.parse().ok()).unwrap_or(ROWS);
        let root = world.person("root", &[Role::Administrator]).await;
        let mut units = Vec::new();
        for (parent, name) in [("city", "District 7"), ("city", "District 3")] {
            let made = world.post(&root, "/units", serde_json::json!({ "parent": parent, "name": name })).await.expect(201);
            units.push(made["id"].as_str().unwrap().to_owned());
        }
        let street = serde_json::json!({ "parent": units[0], "name": "Street 37" });
        let street = world.post(&root, "/units", street).await.expect(201)["id"].as_str().unwrap().to_owned();
        let begin = Instant::now();
        world.sql(&fill(&world, rows)).await.unwrap();
        world.sql("ANALYZE").await.unwrap();
        println!("{} · {rows} rows in {:.0?}", if world.is_postgres() { "PostgreSQL" } else { "SQLite" }, begin.elapsed());
        let roles = [Role::Operator, Role::Supervisor, Role::Analyst];
        let people = [
            ("city", world.person("city", &roles).await),
            ("district", world.person_of("district", &roles, &[&units[0]]).await),
            ("street", world.person_of("lane", &roles, &[&street]).await),
        ];
        for path in [
            "/candidates",
            "/candidates?sort=oldest",
            "/candidates?sort=score",
            "/candidates?kind=waste_dumping",
            "/candidates?district=District%207",
            "/candidates?state=any",
            "/candidates?state=confirmed",
            "/candidates?key_area=true",
            "/candidates?q=corner",
            "/candidates/000000000000000000000000000000c8",
            "/overview",
            "/cases",
            "/cameras",
        ] {
            let mut line = format!("{path:<50}");
            for (name, who) in &people {
                if !path.ends_with("c8") || *name == "city" {
                    line += &format!(" {name} {:>7.1} ms", p95(&world, who, path).await.as_secs_f64() * 1000.0);
                }
            }
            println!("{line}");
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "measures; see the head of this file"]
    async fn sqlite() {
        pages_with_a_million_candidates(World::sqlite().await).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "measures; see the head of this file"]
    async fn postgres() {
        if let Some(world) = World::postgres().await {
            pages_with_a_million_candidates(world).await;
        }
    }
}
