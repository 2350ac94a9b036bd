//! The console on a port, looked at by programs that know nothing of it: a real browser, and a fuzzer that reads the OpenAPI
//! document. Where they cannot be had the tests say so and are skipped.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;

use super::both;
use super::flow::{accounts, hole};
use super::world::{HOUR, MINUTE, PASSWORD, Person, World, confirm};
use crate::app;
use crate::dto::Role;

/// How long the fuzzer shoots, seconds. `KERBWATCH_FUZZ_S` asks for more.
const FUZZ_S: u64 = 40;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Serves the world; its address.
pub(super) async fn serve(world: &World) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = app(world.state.clone()).into_make_service_with_connect_info::<std::net::SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

/// Runs a command to its end; its status and what it said. Killed after `limit`.
async fn run(mut command: Command, limit: Duration) -> (bool, String) {
    let done = tokio::task::spawn_blocking(move || {
        let log = tempfile::NamedTempFile::new().unwrap();
        command.stdin(Stdio::null()).stdout(log.reopen().unwrap()).stderr(log.reopen().unwrap());
        let mut child = command.spawn().unwrap();
        let deadline = std::time::Instant::now() + limit;
        let status = loop {
            match child.try_wait().unwrap() {
                Some(status) => break status.success(),
                None if std::time::Instant::now() > deadline => {
                    child.kill().unwrap();
                    child.wait().unwrap();
                    break false;
                }
                None => std::thread::sleep(Duration::from_millis(100)),
            }
        };
        (status, std::fs::read_to_string(log.path()).unwrap_or_default())
    });
    done.await.unwrap()
}

/// Runs a script of `web/e2e` against the console; `false` where there is no browser or the application is not built.
async fn browse(script: &str, url: &str, people: &[(&str, &str)]) -> bool {
    browse_with(script, url, people, &[]).await
}

/// The same, with more for the script to know.
pub(super) async fn browse_with(script: &str, url: &str, people: &[(&str, &str)], more: &[(&str, &str)]) -> bool {
    let web = root().join("console/web");
    for (what, there) in [
        ("Chromium at /usr/bin/chromium (Debian: apt install chromium)", Path::new("/usr/bin/chromium").exists()),
        ("console/web/node_modules (npm ci)", web.join("node_modules/playwright-core").is_dir()),
        ("console/web/dist (npm run build)", web.join("dist/index.html").is_file()),
    ] {
        if !there {
            eprintln!("SKIPPED {script}: there is no {what}");
            return false;
        }
    }
    let mut command = Command::new("node");
    command.arg("--test").arg(format!("e2e/{script}")).current_dir(&web).env("KERBWATCH_URL", url);
    command.env("KERBWATCH_USER", people[0].0).env("KERBWATCH_PASSWORD", people[0].1);
    command.env("KERBWATCH_PEOPLE", serde_json::to_string(people).unwrap()).envs(more.iter().copied());
    if std::env::var_os("KERBWATCH_SHOTS").is_none() {
        command.env("KERBWATCH_SHOTS", root().join("target/e2e-screenshots"));
    }
    let (passed, said) = run(command, Duration::from_secs(600)).await;
    assert!(passed, "{script}: {}\nall that it said:\n{said}", what_failed(&said));
    true
}

/// What a script failed on, to stand before its steps: whoever cuts a long record short keeps the head of it.
fn what_failed(said: &str) -> String {
    let words = ["error:", "failed-", "Timeout", "waiting for"];
    let telling = |line: &&str| {
        let line = line.trim();
        line.starts_with("+ ") || line.starts_with("- ") || words.iter().any(|word| line.contains(word))
    };
    said.lines().filter(telling).map(str::trim).take(12).collect::<Vec<_>>().join(" | ")
}

async fn something_happened(world: &World) {
    let site = events::site::Site::parse("site.toml", super::cameras::SITE).unwrap();
    world.state.store.import_site(&site, "test").await.unwrap();
    // Six hours of a stream: for some minutes the models failed, at its end it fell silent.
    let now = world.now_ms();
    let told = accounts(7, now - 6 * HOUR, now - 5 * MINUTE, |told| {
        let from = crate::clock::parse_ms(&told.from).unwrap();
        if from == now - 3 * HOUR {
            told.unjudged = vec![hole(from, from + 4 * MINUTE)];
        }
        told.ended = (from == now - 10 * MINUTE).then(|| "stalled".to_owned());
    });
    world.take(&told).await;
    let ops = world.person("ops", &[Role::Operator]).await;
    for n in 1..=6 {
        let id = world.candidate(n).await;
        world.post(&ops, &format!("/candidates/{id}/decisions"), confirm(1)).await.expect(201);
    }
}

/// The same, a day ago; since then the camera watched, and a picture an hour was kept.
async fn a_day_was_watched() -> World {
    let mut world = World::days_ago(1).await;
    something_happened(&world).await;
    let begin = world.now_ms();
    super::recall::keep_pictures(&mut world, root().join("sample-streams/samples/stills/00000060.jpg"), begin);
    world.beats("cam-1", begin, begin + 24 * super::world::HOUR).await;
    world.turn_to(begin + 24 * super::world::HOUR);
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_administrators_day() {
    let world = World::real_time().await;
    something_happened(&world).await;
    let world = world.with(|config| config.totp_required = vec![Role::Administrator]).await;
    world.person("root", &[Role::Administrator]).await;
    let url = serve(&world).await;
    browse("administrator.mjs", &url, &[("root", PASSWORD)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_auditors_and_the_supervisors_day() {
    let world = a_day_was_watched().await;
    world.person("eye", &[Role::Auditor]).await;
    world.person("chief", &[Role::Supervisor]).await;
    let url = serve(&world).await;
    browse("auditor.mjs", &url, &[("eye", PASSWORD), ("chief", PASSWORD)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bureau_draws_by_hand() {
    let world = World::real_time().await;
    something_happened(&world).await;
    world.person("bea", &[Role::BureauEditor]).await;
    let url = serve(&world).await;
    browse("hand.mjs", &url, &[("bea", PASSWORD)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures_go_and_are_said_to_be_gone() {
    let world = World::days_ago(8).await;
    let chief = world.person("chief", &[Role::Supervisor]).await;
    world.person("root", &[Role::Administrator]).await;
    world.person("other", &[Role::Supervisor]).await;
    let mut ids = Vec::new();
    for n in 1..=2 {
        let id = world.candidate(n).await;
        let body = json!({ "seen_version": 1, "verdict": "reject", "reason": "not_a_violation" });
        world.post(&chief, &format!("/candidates/{id}/decisions"), body).await.expect(201);
        ids.push(id);
    }
    world.clock.advance(8 * 24 * 60 * 60_000);
    let url = serve(&world).await;
    let people = [("chief", PASSWORD), ("root", PASSWORD), ("other", PASSWORD)];
    let ids = json!(ids).to_string();
    let known = [("KERBWATCH_CANDIDATES", ids.as_str()), ("KERBWATCH_PHASE", "before")];
    if !browse_with("retention.mjs", &url, &people, &known).await {
        return;
    }
    let round = world.state.retention_job().round().await.unwrap().unwrap();
    assert_eq!((round.claimed, round.deleted), (1, 2), "but for the one that is held");
    let known = [("KERBWATCH_CANDIDATES", ids.as_str()), ("KERBWATCH_PHASE", "after")];
    browse_with("retention.mjs", &url, &people, &known).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_can_be_read() {
    let world = a_day_was_watched().await;
    let people = [
        ("operator", Role::Operator),
        ("legal_reviewer", Role::LegalReviewer),
        ("bureau_editor", Role::BureauEditor),
        ("analyst", Role::Analyst),
        ("supervisor", Role::Supervisor),
        ("administrator", Role::Administrator),
        ("auditor", Role::Auditor),
    ];
    let mut chief = None;
    for (name, role) in people {
        let person = world.person(name, &[role]).await;
        chief = chief.or((role == Role::Supervisor).then_some(person));
    }
    // Something to decide on, and something to look at a second time.
    for n in 7..=9 {
        world.candidate(n).await;
    }
    let day = |offset_ms: i64| crate::clock::rfc3339(world.now_ms() + offset_ms);
    let period = json!({ "from": day(-86_400_000), "until": day(1000), "per_stratum": 2 });
    let chief = chief.unwrap();
    world.post(&chief, "/samples", period).await.expect(201);
    let date = |offset_ms: i64| day(offset_ms)[..10].to_owned();
    let audit = json!({ "from": date(-86_400_000), "until": date(86_400_000), "minutes": 60, "seed": "pages" });
    world.post(&chief, "/frame-audits", audit).await.expect(201);
    let find = json!({ "source": "12345", "number": "2026-0417", "kind": "waste_dumping", "camera": "cam-1", "zone": "north",
                       "seen_at": day(-3_600_000) });
    world.post(&chief, "/finds", find).await.expect(201);
    let repeat = json!({ "seen_version": 1, "verdict": "reject", "reason": "duplicate", "into": format!("{:032x}", 6) });
    let tenth = world.candidate(10).await;
    world.post(&chief, &format!("/candidates/{tenth}/decisions"), repeat).await.expect(201);
    let url = serve(&world).await;
    tokio::spawn(world.state.live.clone().follow(world.state.store.clone()));
    browse("looked.mjs", &url, &people.map(|(name, _)| (name, PASSWORD))).await;
}

/// Schemathesis in a virtual environment under `.local`, installed once; `None` where that cannot be done.
async fn schemathesis() -> Option<PathBuf> {
    let folder = root().join(".local/schemathesis-venv");
    let program = folder.join("bin/st");
    if program.is_file() {
        return Some(program);
    }
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv"]).arg(&folder);
    let mut pip = Command::new(folder.join("bin/pip"));
    pip.args(["install", "--quiet", "schemathesis==4.32.5"]);
    let installed = folder.parent().is_some_and(Path::is_dir)
        && run(venv, Duration::from_secs(120)).await.0
        && folder.join("bin/pip").is_file()
        && run(pip, Duration::from_secs(600)).await.0;
    if !installed {
        eprintln!("SKIPPED: Schemathesis cannot be installed into .local/schemathesis-venv (python3 -m venv, pip)");
        return None;
    }
    Some(program)
}

both!(a_fuzzer_that_reads_the_document_finds_no_5xx);
async fn a_fuzzer_that_reads_the_document_finds_no_5xx(world: World) {
    let Some(program) = schemathesis().await else { return };
    something_happened(&world).await;
    let all: Vec<Role> = Role::ALL.into_iter().filter(|role| *role != Role::Administrator).collect();
    let everybody: [Person; 2] = [world.person("all", &all).await, world.person("root", &[Role::Administrator]).await];
    let url = serve(&world).await;
    let seconds = std::env::var("KERBWATCH_FUZZ_S").ok().and_then(|text| text.parse().ok()).unwrap_or(FUZZ_S);
    for person in &everybody {
        let mut command = Command::new(&program);
        command.args(["run", &format!("{url}/api/openapi.json"), "--url", &url, "--no-color", "--seed", "1"]);
        command.args(["--checks", "not_a_server_error", "--phases", "coverage,fuzzing"]);
        // The live stream never ends, and a log-out would make all that follows a 401. What else ends a session (a tried method
        // that the document does not name) makes the rest shallow, not wrong.
        command.args(["--exclude-operation-id", "liveEvents", "--exclude-operation-id", "logOut"]);
        command.args(["--max-time", &seconds.to_string(), "--request-timeout", "20", "--max-redirects", "0"]);
        command.args(["--continue-on-failure", "--warnings", "off"]);
        command.args(["-H", &format!("Cookie: {}", person.cookie), "-H", "x-kerbwatch: 1"]);
        command.current_dir(world.folder.path());
        let (passed, said) = run(command, Duration::from_secs(seconds + 300)).await;
        assert!(passed, "{said}");
        let tail: Vec<&str> = said.lines().rev().take(12).collect();
        println!("{}", tail.into_iter().rev().collect::<Vec<_>>().join("\n"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_duplicate_and_what_it_repeats() {
    let world = World::real_time().await;
    something_happened(&world).await;
    for n in 7..=9 {
        world.candidate(n).await;
    }
    let roles = [Role::Operator, Role::Supervisor, Role::Analyst, Role::BureauEditor];
    let chief = world.person("chief", &roles).await;
    // All of them stand at one place; each complaint is answered by all.
    let find = json!({ "source": "12345", "number": "2026-0417", "kind": "waste_dumping", "camera": "cam-1", "zone": "north",
                       "seen_at": crate::clock::rfc3339(world.now_ms()) });
    world.post(&chief, "/finds", find).await.expect(201);
    let url = serve(&world).await;
    tokio::spawn(world.state.live.clone().follow(world.state.store.clone()));
    browse("repeat.mjs", &url, &[("chief", PASSWORD)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_partys_side() {
    let world = World::real_time().await;
    let crew = super::lifecycle::crew(&world).await;
    world.person("root", &[Role::Administrator]).await;
    super::lifecycle::registered(&world, &crew.sue).await;
    let case = super::party::matched(&world, &crew, 1).await;
    let url = serve(&world).await;
    tokio::spawn(world.state.live.clone().follow(world.state.store.clone()));
    let people = [("root", PASSWORD), ("ada", PASSWORD), ("lea", PASSWORD)];
    browse_with("party.mjs", &url, &people, &[("KERBWATCH_CASE", &case)]).await;
}
