//! Complaints and patrol finds, and what people said of their match. Appended, never changed.

use std::collections::HashMap;

use serde_json::json;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::audit::Deed;
use super::{Bind, Conditions, Scope, Store, Tx, word_column};
use crate::auth::Actor;
use crate::clock::rfc3339;
use crate::dto::{FindLink, FindRuling, FindRulingRecord, FindSource, Kind, NewFindRuling, word};
use crate::error::{ApiError, refused};

/// A checked find to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PutFind {
    pub(crate) source: FindSource,
    pub(crate) number: String,
    pub(crate) kind: Kind,
    pub(crate) camera: String,
    pub(crate) zone: String,
    pub(crate) seen_ms: i64,
    pub(crate) reported_ms: i64,
    pub(crate) note: String,
}

/// A stored find with its rulings, oldest first.
#[derive(Debug, Clone)]
pub(crate) struct FindRow {
    pub(crate) id: String,
    pub(crate) put: PutFind,
    pub(crate) camera_name: String,
    pub(crate) zone_name: String,
    pub(crate) district: String,
    pub(crate) street: String,
    pub(crate) by: String,
    pub(crate) at_ms: i64,
    pub(crate) rulings: Vec<NewRuling>,
}

/// A ruling with the time at which the candidate it names was raised.
#[derive(Debug, Clone)]
pub(crate) struct NewRuling {
    pub(crate) record: FindRulingRecord,
    pub(crate) raised_ms: Option<i64>,
}

fn read_find(row: &AnyRow) -> Result<FindRow, sqlx::Error> {
    Ok(FindRow {
        id: row.try_get("id")?,
        put: PutFind {
            source: word_column(row, "source")?,
            number: row.try_get("number")?,
            kind: word_column(row, "kind")?,
            camera: row.try_get("camera")?,
            zone: row.try_get("zone")?,
            seen_ms: row.try_get("seen_ms")?,
            reported_ms: row.try_get("reported_ms")?,
            note: row.try_get("note")?,
        },
        camera_name: row.try_get("camera_name")?,
        zone_name: row.try_get("zone_name")?,
        district: row.try_get("district")?,
        street: row.try_get("street")?,
        by: row.try_get("by_name")?,
        at_ms: row.try_get("at_ms")?,
        rulings: Vec::new(),
    })
}

fn read_ruling(row: &AnyRow) -> Result<NewRuling, sqlx::Error> {
    let candidate: String = row.try_get("candidate")?;
    Ok(NewRuling {
        record: FindRulingRecord {
            ruling: word_column(row, "ruling")?,
            candidate: Some(candidate).filter(|id| !id.is_empty()),
            reason: row.try_get("reason")?,
            by: row.try_get("by_name")?,
            at: rfc3339(row.try_get("at_ms")?),
        },
        raised_ms: row.try_get("raised_ms")?,
    })
}

/// The last ruling of each find, for statements about finds `f`.
const LAST: &str = "(SELECT r.ruling FROM find_rulings r WHERE r.find = f.id ORDER BY r.n DESC LIMIT 1)";

impl Tx {
    /// Stores one; `Err` says in a sentence why it cannot be.
    async fn put_find(&mut self, find: &PutFind, actor: &Actor) -> Result<Result<String, String>, sqlx::Error> {
        let camera = sqlx::query("SELECT name, district, street FROM cameras WHERE id = $1")
            .bind(find.camera.clone())
            .fetch_optional(self.db())
            .await?;
        let Some(camera) = camera else { return Ok(Err(format!("there is no camera {:?}", find.camera))) };
        let (district, street): (String, String) = (camera.try_get("district")?, camera.try_get("street")?);
        if !actor.scope.holds(&district, &street) {
            // What is out of scope does not exist.
            return Ok(Err(format!("there is no camera {:?}", find.camera)));
        }
        let zone_name: String = if find.zone.is_empty() {
            String::new()
        } else {
            let zone = sqlx::query("SELECT name FROM zones WHERE camera = $1 AND zone = $2")
                .bind(find.camera.clone())
                .bind(find.zone.clone())
                .fetch_optional(self.db())
                .await?;
            match zone {
                Some(zone) => zone.try_get("name")?,
                None => return Ok(Err(format!("camera {:?} has no zone {:?}", find.camera, find.zone))),
            }
        };
        if !find.number.is_empty() {
            let known = sqlx::query("SELECT id FROM finds WHERE source = $1 AND number = $2 AND kind = $3")
                .bind(word(&find.source))
                .bind(find.number.clone())
                .bind(word(&find.kind))
                .fetch_optional(self.db())
                .await?;
            if known.is_some() {
                return Ok(Err(format!("number {:?} of this source and kind is entered already", find.number)));
            }
        }
        let id = hex::encode(rand::random::<[u8; 8]>());
        let now_ms = self.now_ms();
        sqlx::query(
            "INSERT INTO finds (id, source, number, kind, camera, zone, camera_name, zone_name, district, street, seen_ms, \
             reported_ms, note, by_name, at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        )
        .bind(id.clone())
        .bind(word(&find.source))
        .bind(find.number.clone())
        .bind(word(&find.kind))
        .bind(find.camera.clone())
        .bind(find.zone.clone())
        .bind(camera.try_get::<String, _>("name")?)
        .bind(zone_name)
        .bind(district)
        .bind(street)
        .bind(find.seen_ms)
        .bind(find.reported_ms)
        .bind(find.note.clone())
        .bind(actor.name.clone())
        .bind(now_ms)
        .execute(self.db())
        .await?;
        self.next("recall").await?;
        Ok(Ok(id))
    }
}

impl Store {
    /// Enters a find; its id.
    pub(crate) async fn add_find(&self, find: &PutFind, actor: &Actor) -> Result<String, ApiError> {
        let mut tx = self.write().await?;
        let id = tx.put_find(find, actor).await?.map_err(|message| refused("bad_find", message))?;
        let details =
            json!({ "source": find.source, "number": find.number, "kind": find.kind, "camera": find.camera, "zone": find.zone });
        tx.audit(Deed { actor: &actor.name, action: "find.add", object: &id, reason: None, details }).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Enters all of them, or none and what is wrong with which, by their places in the list.
    pub(crate) async fn add_finds(&self, finds: &[PutFind], actor: &Actor) -> Result<Vec<(usize, String)>, sqlx::Error> {
        let mut tx = self.write().await?;
        let mut wrong = Vec::new();
        for (index, find) in finds.iter().enumerate() {
            if let Err(message) = tx.put_find(find, actor).await? {
                wrong.push((index, message));
            }
        }
        if wrong.is_empty() && !finds.is_empty() {
            let details = json!({ "finds": finds.len() });
            tx.audit(Deed { actor: &actor.name, action: "find.import", object: "finds", reason: None, details }).await?;
            tx.commit().await?;
        }
        // What is not committed did not happen.
        Ok(wrong)
    }

    async fn finds_where(&self, conditions: Conditions) -> Result<Vec<FindRow>, sqlx::Error> {
        let sql = format!("SELECT f.* FROM finds f{} ORDER BY f.seen_ms, f.id", conditions.sql());
        let rows = conditions.query(sql).fetch_all(&self.pool).await?;
        let mut finds = rows.iter().map(read_find).collect::<Result<Vec<_>, _>>()?;
        let sql = format!(
            "SELECT r.*, c.raised_ms FROM find_rulings r JOIN finds f ON f.id = r.find LEFT JOIN candidates c ON c.id = r.candidate{} \
             ORDER BY r.find, r.n",
            conditions.sql()
        );
        let mut rulings: HashMap<String, Vec<NewRuling>> = HashMap::new();
        for row in &conditions.query(sql).fetch_all(&self.pool).await? {
            rulings.entry(row.try_get("find")?).or_default().push(read_ruling(row)?);
        }
        for find in &mut finds {
            find.rulings = rulings.remove(&find.id).unwrap_or_default();
        }
        Ok(finds)
    }

    /// All finds that were seen in a period, oldest first.
    pub(crate) async fn finds_between(&self, scope: &Scope, from_ms: i64, until_ms: i64) -> Result<Vec<FindRow>, sqlx::Error> {
        let mut conditions = Conditions::within(scope, "f");
        conditions.and("f.seen_ms >= ? AND f.seen_ms < ?", [Bind::Int(from_ms), Bind::Int(until_ms)]);
        self.finds_where(conditions).await
    }

    /// One find, which the gate has let through.
    pub(crate) async fn find(&self, id: &str) -> Result<FindRow, ApiError> {
        let mut conditions = Conditions::everywhere();
        conditions.and("f.id = ?", [Bind::Text(id.to_owned())]);
        self.finds_where(conditions).await?.pop().ok_or(ApiError::NotFound("find"))
    }

    /// Appends what a person says of a find's match. 409 `ruled` when somebody has since.
    pub(crate) async fn rule_find(&self, id: &str, new: &NewFindRuling, actor: &Actor) -> Result<(), ApiError> {
        let reason = new.reason.trim();
        if !(1..=500).contains(&reason.chars().count()) {
            return Err(refused("bad_ruling", "say why in 1 to 500 characters"));
        }
        let candidate = new.candidate.as_deref().unwrap_or_default().trim();
        if (new.ruling == FindRuling::Candidate) == candidate.is_empty() {
            return Err(refused("bad_ruling", "a candidate goes with the ruling candidate, and with nothing else"));
        }
        let mut tx = self.write().await?;
        if !candidate.is_empty() {
            let found =
                sqlx::query("SELECT district, street FROM candidates WHERE id = $1").bind(candidate).fetch_optional(tx.db());
            let found = found.await?.ok_or(ApiError::NotFound("candidate"))?;
            if !actor.scope.holds(found.try_get("district")?, found.try_get("street")?) {
                return Err(ApiError::NotFound("candidate"));
            }
        }
        let last = sqlx::query("SELECT n, by_name FROM find_rulings WHERE find = $1 ORDER BY n DESC LIMIT 1").bind(id);
        let last = last.fetch_optional(tx.db()).await?;
        let given: i64 = last.as_ref().map_or(Ok(0), |last| last.try_get("n"))?;
        if given != new.seen_rulings {
            let by: String = last.as_ref().map_or(Ok(String::new()), |last| last.try_get("by_name"))?;
            let details = json!({ "rulings": given, "by": by });
            return Err(ApiError::Conflict { code: "ruled", message: format!("{by} has said something of it since"), details });
        }
        let now_ms = tx.now_ms();
        sqlx::query(
            "INSERT INTO find_rulings (find, n, ruling, candidate, reason, by_name, at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(id)
        .bind(given + 1)
        .bind(word(&new.ruling))
        .bind(candidate)
        .bind(reason)
        .bind(actor.name.clone())
        .bind(now_ms)
        .execute(tx.db())
        .await?;
        tx.next("recall").await?;
        let details = json!({ "ruling": new.ruling, "candidate": new.candidate });
        tx.audit(Deed { actor: &actor.name, action: "find.rule", object: id, reason: Some(reason), details }).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Finds that a candidate answers: of its place and kind while it stood, give or take `slack_ms`, unless a person said otherwise,
    /// and those of which a person said so.
    pub(crate) async fn finds_of(&self, candidate: &str, slack_ms: i64) -> Result<Vec<FindLink>, sqlx::Error> {
        let sql = format!(
            "SELECT f.id, f.source, f.number, f.reported_ms, c.raised_ms FROM finds f JOIN candidates c ON c.id = $1 \
             WHERE (COALESCE({LAST}, 'automatic') = 'automatic' AND f.camera = c.camera AND f.zone = c.zone AND f.kind = c.kind \
             AND f.seen_ms >= c.first_seen_ms - $2 \
             AND (c.seen_ms IS NULL OR c.seen_state = 'present' OR f.seen_ms <= c.seen_ms + $2)) \
             OR ({LAST} = 'candidate' AND EXISTS (SELECT 1 FROM find_rulings r WHERE r.find = f.id AND r.candidate = $1 \
             AND r.n = (SELECT MAX(x.n) FROM find_rulings x WHERE x.find = f.id))) ORDER BY f.reported_ms, f.id LIMIT 20"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(candidate).bind(slack_ms).fetch_all(&self.pool).await?;
        let read = |row: &AnyRow| {
            let (reported, raised): (i64, i64) = (row.try_get("reported_ms")?, row.try_get("raised_ms")?);
            Ok(FindLink {
                id: row.try_get("id")?,
                source: word_column(row, "source")?,
                number: row.try_get("number")?,
                reported_at: rfc3339(reported),
                before: reported < raised,
            })
        };
        rows.iter().map(read).collect()
    }
}
