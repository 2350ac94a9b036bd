//! The queue's counts are kept, not counted, and its pages know from them where not to look: whatever is done in whatever order,
//! both must say what plain counting and plain sorting say.

use events::wire::v1::CandidateData;
use serde_json::{Value, json};

use super::both;
use super::world::{Person, World, candidate_data, candidate_message, confirm};
use crate::dto::Role;

const CAMERAS: [&str; 5] = ["cam-1", "cam-2", "cam-3", "cam-4", "cam-5"];
const KINDS: [&str; 3] = ["illegal_stall", "waste_dumping", "unauthorized_ad"];
const STATES: [&str; 7] = ["open", "confirmed", "rejected", "escalated", "field_check", "merged", "expired"];

/// The same numbers every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }

    fn of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }
}

fn site(camera: &str, district: &str, key_area: bool) -> String {
    format!(
        "[[camera]]\nid = \"{camera}\"\nname = \"Corner {camera}\"\ndistrict = \"{district}\"\nstreet = \"Street of {camera}\"\n\
         source = \"rtsp://camera.invalid/{camera}\"\n[[camera.zone]]\nid = \"north\"\nname = \"North pavement\"\n\
         polygon = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]\nkey_area = {key_area}\n[camera.zone.rules.waste_dumping]\n"
    )
}

struct Desk {
    world: World,
    dice: Dice,
    ids: Vec<String>,
    people: Vec<Person>,
}

impl Desk {
    async fn new(world: World) -> Self {
        let roles = [Role::Operator, Role::LegalReviewer, Role::Supervisor];
        let people = vec![world.person("ops", &roles).await, world.person("law", &roles).await];
        Self { world, dice: Dice(7), ids: Vec::new(), people }
    }

    async fn again(&mut self) {
        self.people = vec![self.world.log_in("ops").await, self.world.log_in("law").await];
    }

    async fn raise(&mut self) {
        let n = u32::try_from(self.ids.len() + 1).unwrap();
        // Ids that differ in their first digits, as real ones do.
        let id = format!("{:08x}{n:024x}", n.wrapping_mul(0x9e37_79b9));
        let manifest = self.world.file(&format!("{id}/manifest.json"), "manifest", id.as_bytes());
        let now = self.world.now_ms() - i64::try_from(self.dice.below(100_000)).unwrap();
        let data = CandidateData {
            id: id.clone(),
            camera: self.dice.of(&CAMERAS).to_owned(),
            kind: self.dice.of(&KINDS).to_owned(),
            permitted: self.dice.below(6) == 0,
            score: self.dice.below(4) as f64 / 4.0,
            evidence: vec![manifest],
            ..candidate_data(n, now)
        };
        let message = candidate_message(&data);
        let taken = self.world.take(&[message.clone(), message]).await;
        assert_eq!(taken, ["stored", "duplicate"]);
        self.ids.push(id);
    }

    /// Something that an officer may or may not be allowed to do: refused or not, the counts must be right.
    async fn act(&mut self) {
        let (who, id) = (self.dice.below(2), self.ids[self.dice.below(self.ids.len())].clone());
        let other = self.ids[self.dice.below(self.ids.len())].clone();
        let detail = self.world.get(&self.people[who], &format!("/candidates/{id}")).await.expect(200);
        let seen = detail["candidate"]["version"].as_i64().unwrap();
        let act = match self.dice.below(7) {
            0 | 1 => json!({ "seen_version": seen, "verdict": "reject", "reason": "not_a_violation" }),
            2 => confirm(seen),
            3 => json!({ "seen_version": seen, "verdict": "escalate" }),
            4 => json!({ "seen_version": seen, "verdict": "needs_field_check" }),
            5 => json!({ "seen_version": seen, "verdict": "merge", "into": other }),
            _ => json!({ "seen_version": seen, "verdict": "undo" }),
        };
        let reply = self.world.post(&self.people[who], &format!("/candidates/{id}/decisions"), act).await;
        assert!(reply.status.as_u16() < 500, "{}", String::from_utf8_lossy(&reply.bytes));
    }

    async fn name_camera(&self, index: usize) {
        let text = site(CAMERAS[index], ["Xuhui", "Putuo"][index % 2], index == 1);
        self.world.state.store.import_site(&events::site::Site::parse("test", &text).unwrap(), "test").await.unwrap();
    }

    /// The kept counts against counting, both ways.
    async fn tables_agree(&self) {
        let columns = "district, street, camera, zone, kind, key_area, permitted, state, camera_name, zone_name";
        let counted = format!("SELECT {columns}, COUNT(*) AS n FROM candidates GROUP BY {columns}");
        let kept = format!("SELECT {columns}, n FROM candidate_counts");
        for (a, b) in [(&counted, &kept), (&kept, &counted)] {
            assert_eq!(self.world.rows(&format!("({a} EXCEPT {b}) x")).await, 0);
        }
    }

    /// What is kept by day and by case against counting.
    async fn tallies_agree(&self) {
        let allowed = "'permitted_window', 'permitted_place'";
        let wrong = "'not_a_violation', 'moving_vendor', 'inside_shop', 'wrong_zone', 'night_noise'";
        let reason = "(SELECT d.reason FROM decisions d WHERE d.candidate = c.id AND d.verdict = 'reject' ORDER BY d.seen_version DESC LIMIT 1)";
        let finding = format!(
            "CASE WHEN c.state = 'confirmed' THEN 'confirmed' WHEN c.state = 'rejected' AND {reason} IN ({allowed}) THEN 'allowed' \
             WHEN c.state = 'rejected' AND {reason} IN ({wrong}) THEN 'rejected' ELSE 'other' END"
        );
        let days = format!(
            "SELECT day, district, street, camera, finding, COUNT(*) AS n FROM (SELECT c.raised_ms / 86400000 AS day, c.district, \
             c.street, c.camera, {finding} AS finding FROM candidates c WHERE c.permitted = 0) x \
             GROUP BY day, district, street, camera, finding"
        );
        let columns = "district, street, camera, kind, evidence_mode, state";
        let cases = format!("SELECT {columns}, COUNT(*) AS n FROM cases GROUP BY {columns}");
        for (counted, kept) in [
            (days, "SELECT day, district, street, camera, finding, n FROM candidate_days".to_owned()),
            (cases, format!("SELECT {columns}, n FROM case_counts")),
        ] {
            for (a, b) in [(&counted, &kept), (&kept, &counted)] {
                assert_eq!(self.world.rows(&format!("({a} EXCEPT {b}) x")).await, 0, "{kept}");
            }
        }
    }

    async fn everything(&self) -> Vec<Value> {
        let page = self.world.get(&self.people[0], "/candidates?state=any&permitted=any&limit=200").await.expect(200);
        assert_eq!(page["next_cursor"], Value::Null, "few enough for one page");
        page["items"].as_array().unwrap().clone()
    }
}

/// A query and what it means of a row.
struct Question {
    query: String,
    holds: Box<dyn Fn(&Value) -> bool>,
}

fn questions() -> Vec<Question> {
    let one = |query: &str, holds: fn(&Value) -> bool| Question { query: query.to_owned(), holds: Box::new(holds) };
    let mut all = vec![
        one("permitted=any", |_| true),
        one("", |row| row["permitted"] == false),
        one("permitted=only", |row| row["permitted"] == true),
        one("district=Xuhui", |row| row["permitted"] == false && row["district"] == "Xuhui"),
        one("street=Street%20of%20cam-2&permitted=any", |row| row["street"] == "Street of cam-2"),
        one("camera=cam-3", |row| row["permitted"] == false && row["camera"] == "cam-3"),
        one("camera=cam-9", |_| false),
        one("zone=north&key_area=true", |row| row["permitted"] == false && row["key_area"] == true),
        one("kind=waste_dumping,illegal_stall&camera=cam-1", |row| {
            row["permitted"] == false && row["kind"] != "unauthorized_ad" && row["camera"] == "cam-1"
        }),
        one("q=OF%20cam-4&permitted=any", |row| row["street"] == "Street of cam-4"),
        one("q=pavement", |row| row["permitted"] == false && row["zone_name"] == "North pavement"),
        one("q=9e37&permitted=any", |row| row["id"].as_str().unwrap().starts_with("9e37")),
        one("q=cam&district=Putuo", |row| row["permitted"] == false && row["district"] == "Putuo"),
        one("sla=overdue", |row| {
            let owed = ["open", "escalated", "field_check"].contains(&row["state"].as_str().unwrap());
            row["permitted"] == false && owed && row["late"] == true
        }),
    ];
    for kind in KINDS {
        let holds = move |row: &Value| row["permitted"] == false && row["kind"] == kind && row["camera"] == "cam-2";
        all.push(Question { query: format!("kind={kind}&camera=cam-2"), holds: Box::new(holds) });
    }
    all
}

fn sorted<'a>(rows: impl Iterator<Item = &'a Value>, sort: &str) -> Vec<&'a Value> {
    let mut rows: Vec<&Value> = rows.collect();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    let oldest = |a: &&Value, b: &&Value| (text(a, "raised_at"), text(a, "id")).cmp(&(text(b, "raised_at"), text(b, "id")));
    match sort {
        "oldest" => rows.sort_by(oldest),
        "newest" => rows.sort_by(|a, b| oldest(b, a)),
        _ => rows.sort_by(|a, b| {
            let score = |row: &Value| row["score"].as_f64().unwrap();
            score(b).total_cmp(&score(a)).then_with(|| text(b, "id").cmp(&text(a, "id")))
        }),
    }
    rows
}

async fn answers_agree(desk: &mut Desk) {
    let now = crate::clock::rfc3339(desk.world.now_ms());
    let mut all = desk.everything().await;
    for row in &mut all {
        row["late"] = json!(row["due_at"].as_str().unwrap() <= now.as_str());
    }
    for Question { query, holds } in questions() {
        let (sort, states) = (desk.dice.of(&["newest", "oldest", "score"]), ["any", "open", "rejected,escalated"]);
        let states = desk.dice.of(&states);
        let wanted = |row: &&Value| states == "any" || states.split(',').any(|state| row["state"] == state);
        let expected = sorted(all.iter().filter(|row| holds(row)).filter(wanted), sort);
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/candidates?state={states}&sort={sort}&limit=3&{query}{cursor}");
            let page = desk.world.get(&desk.people[0], &path).await.expect(200);
            for state in STATES {
                let n = all.iter().filter(|row| holds(row) && row["state"] == state).count();
                assert_eq!(page["counts"][state], n, "{state} of {path}");
            }
            found.extend(page["items"].as_array().unwrap().iter().map(|row| row["id"].clone()));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let expected: Vec<Value> = expected.iter().map(|row| row["id"].clone()).collect();
        assert_eq!(found, expected, "{states} by {sort}: {query}");
    }
}

both!(kept_counts_and_pages_are_those_of_plain_counting_and_sorting);
async fn kept_counts_and_pages_are_those_of_plain_counting_and_sorting(world: World) {
    let mut desk = Desk::new(world).await;
    desk.name_camera(0).await;
    for step in 0..90 {
        desk.world.clock.advance(5_000);
        match desk.dice.below(5) {
            0 | 1 => desk.raise().await,
            _ if desk.ids.is_empty() => desk.raise().await,
            _ => desk.act().await,
        }
        if step % 25 == 10 {
            // What came before its camera was known gets its place.
            desk.name_camera(step / 25 + 1).await;
        }
        if step == 45 {
            desk.tables_agree().await;
            answers_agree(&mut desk).await;
            desk.world.clock.advance(5 * 24 * 3_600_000);
            assert!(desk.world.state.store.expire_unreviewed().await.unwrap() > 0);
            desk.again().await;
        }
    }
    desk.tables_agree().await;
    desk.tallies_agree().await;
    answers_agree(&mut desk).await;
}
