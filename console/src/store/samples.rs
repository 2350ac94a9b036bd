//! Random samples of decisions for a second look: drawn by a seed, equally many of each officer and kind, never changed.

use std::collections::BTreeMap;

use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::Row;
use sqlx::any::AnyRow;

use super::audit::Deed;
use super::{Bind, Conditions, Store, word_column, word_column_opt};
use crate::auth::Actor;
use crate::clock::rfc3339;
use crate::dto::{NewSecondLook, Sample, SampleItem, SecondVerdict, word};
use crate::error::ApiError;
use crate::view::View;

/// More decisions than this are not weighed in one sample: choose a shorter period.
const MOST_ELIGIBLE: usize = 200_000;
/// More than this nobody looks at.
const MOST_ITEMS: usize = 1000;

/// What is to be drawn.
pub(crate) struct Draw<'a> {
    pub(crate) from_ms: i64,
    pub(crate) until_ms: i64,
    pub(crate) per_stratum: usize,
    pub(crate) seed: &'a str,
}

/// A decision that could be drawn.
struct Eligible {
    decision: String,
    candidate: String,
    officer: String,
    kind: String,
    verdict: String,
    reason: Option<String>,
}

/// What was drawn, and of how many in its stratum.
struct Drawn {
    of: Eligible,
    stratum: usize,
}

/// An item with the size of its stratum, for weighing.
pub(crate) struct Weighed {
    pub(crate) item: SampleItem,
    pub(crate) stratum: i64,
    /// Also before the second look.
    pub(crate) verdict: String,
}

fn rank(seed: &str, decision: &str) -> [u8; 32] {
    Sha256::digest(format!("kerbwatch.sample.v1\0{seed}\0{decision}")).into()
}

/// Of each officer and kind those whose digest with the seed is smallest: anybody can draw it again.
fn draw(eligible: Vec<Eligible>, seed: &str, per_stratum: usize) -> Vec<Drawn> {
    let mut strata: BTreeMap<(String, String), Vec<Eligible>> = BTreeMap::new();
    for one in eligible {
        strata.entry((one.officer.clone(), one.kind.clone())).or_default().push(one);
    }
    let mut drawn = Vec::new();
    for mut stratum in strata.into_values() {
        let size = stratum.len();
        stratum.sort_by_cached_key(|one| rank(seed, &one.decision));
        drawn.extend(stratum.into_iter().take(per_stratum).map(|of| Drawn { of, stratum: size }));
    }
    // Mixed, so that one does not look at the same officer ten times in a row.
    drawn.sort_by_cached_key(|one| rank(seed, &one.of.decision));
    drawn
}

fn read_sample(row: &AnyRow) -> Result<Sample, sqlx::Error> {
    Ok(Sample {
        id: row.try_get("id")?,
        seed: row.try_get("seed")?,
        from: rfc3339(row.try_get("from_ms")?),
        until: rfc3339(row.try_get("until_ms")?),
        per_stratum: row.try_get("per_stratum")?,
        by: row.try_get("by_name")?,
        at: rfc3339(row.try_get("at_ms")?),
        items: row.try_get("items")?,
        looked: row.try_get("looked")?,
    })
}

/// Columns of a sample.
const SAMPLE: &str = "SELECT s.*, (SELECT COUNT(*) FROM sample_items i WHERE i.sample = s.id) AS items, \
    (SELECT COUNT(*) FROM second_looks l WHERE l.sample = s.id) AS looked FROM samples s";

impl Store {
    /// Confirmations and rejections of the period that were not taken back, of others, within the person's scope.
    async fn eligible(&self, draw: &Draw<'_>, actor: &Actor) -> Result<Vec<Eligible>, sqlx::Error> {
        let mut conditions = Conditions::within(&actor.scope, "c");
        conditions.and(
            "d.at_ms >= ? AND d.at_ms < ? AND d.verdict IN ('confirm', 'reject') AND d.user_id <> ? AND NOT EXISTS \
             (SELECT 1 FROM decisions u WHERE u.candidate = d.candidate AND u.verdict = 'undo' AND u.supersedes = d.id)",
            [Bind::Int(draw.from_ms), Bind::Int(draw.until_ms), Bind::Text(actor.id.clone())],
        );
        let sql = format!(
            "SELECT d.id, d.candidate, d.user_name, c.kind, d.verdict, d.reason FROM decisions d \
             JOIN candidates c ON c.id = d.candidate{} ORDER BY d.id LIMIT {}",
            conditions.sql(),
            MOST_ELIGIBLE + 1
        );
        let read = |row: &AnyRow| -> Result<Eligible, sqlx::Error> {
            Ok(Eligible {
                decision: row.try_get("id")?,
                candidate: row.try_get("candidate")?,
                officer: row.try_get("user_name")?,
                kind: row.try_get("kind")?,
                verdict: row.try_get("verdict")?,
                reason: row.try_get("reason")?,
            })
        };
        conditions.query(sql).fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// Draws a sample; its id.
    pub(crate) async fn draw_sample(&self, wanted: &Draw<'_>, actor: &Actor) -> Result<String, ApiError> {
        let refused = |message: String| ApiError::Refused { code: "bad_sample", message };
        let eligible = self.eligible(wanted, actor).await?;
        if eligible.len() > MOST_ELIGIBLE {
            return Err(refused(format!("the period holds more than {MOST_ELIGIBLE} decisions: choose a shorter one")));
        }
        let drawn = draw(eligible, wanted.seed, wanted.per_stratum);
        if drawn.is_empty() {
            return Err(refused("nobody else decided anything in this period and scope".to_owned()));
        }
        if drawn.len() > MOST_ITEMS {
            let message =
                format!("{} decisions would be drawn, and {MOST_ITEMS} is the most: ask for fewer of each", drawn.len());
            return Err(refused(message));
        }
        let id = hex::encode(rand::random::<[u8; 8]>());
        let mut tx = self.write().await?;
        let now_ms = tx.now_ms();
        sqlx::query(
            "INSERT INTO samples (id, seed, from_ms, until_ms, per_stratum, user_id, by_name, at_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(id.clone())
        .bind(wanted.seed)
        .bind(wanted.from_ms)
        .bind(wanted.until_ms)
        .bind(i64::try_from(wanted.per_stratum).unwrap_or(i64::MAX))
        .bind(actor.id.clone())
        .bind(actor.name.clone())
        .bind(now_ms)
        .execute(tx.db())
        .await?;
        let items = drawn.len();
        for (position, drawn) in drawn.into_iter().enumerate() {
            sqlx::query(
                "INSERT INTO sample_items (sample, decision, position, candidate, officer, kind, verdict, reason, stratum) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            )
            .bind(id.clone())
            .bind(drawn.of.decision)
            .bind(i64::try_from(position).unwrap_or(i64::MAX))
            .bind(drawn.of.candidate)
            .bind(drawn.of.officer)
            .bind(drawn.of.kind)
            .bind(drawn.of.verdict)
            .bind(drawn.of.reason)
            .bind(i64::try_from(drawn.stratum).unwrap_or(i64::MAX))
            .execute(tx.db())
            .await?;
        }
        let details = json!({ "seed": wanted.seed, "items": items });
        tx.audit(Deed { actor: &actor.name, action: "sample.draw", object: &id, reason: None, details }).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Samples this person may see, newest first: one's own, and all of them for the whole city.
    pub(crate) async fn samples(&self, actor: &Actor, only: Option<&str>) -> Result<Vec<Sample>, sqlx::Error> {
        let mut conditions = Conditions::everywhere();
        if !actor.scope.is_city() {
            conditions.and("s.user_id = ?", [Bind::Text(actor.id.clone())]);
        }
        if let Some(id) = only {
            conditions.and("s.id = ?", [Bind::Text(id.to_owned())]);
        }
        let sql = format!("{SAMPLE}{} ORDER BY s.at_ms DESC, s.id LIMIT 200", conditions.sql());
        conditions.query(sql).fetch_all(&self.pool).await?.iter().map(read_sample).collect()
    }

    /// One of them.
    pub(crate) async fn sample(&self, id: &str, actor: &Actor) -> Result<Sample, ApiError> {
        if id.contains('\0') {
            return Err(ApiError::NotFound("sample"));
        }
        self.samples(actor, Some(id)).await?.pop().ok_or(ApiError::NotFound("sample"))
    }

    /// Its decisions, in the order of drawing.
    pub(crate) async fn sample_items(&self, id: &str, view: &View<'_>) -> Result<Vec<Weighed>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT i.*, l.verdict AS second, l.note, l.by_name, l.at_ms, c.gone_rule, c.gone_ms, c.gone_certificate, \
             (SELECT MIN(e.file) FROM evidence_items e WHERE e.candidate = i.candidate AND e.role = 'trigger') AS still, \
             (SELECT MIN(e.file) FROM evidence_items e WHERE e.candidate = i.candidate AND e.role = 'clip') AS clip \
             FROM sample_items i JOIN candidates c ON c.id = i.candidate LEFT JOIN second_looks l ON l.sample = i.sample AND l.decision = i.decision \
             WHERE i.sample = $1 ORDER BY i.position",
        )
        .bind(id)
        .fetch_all(&self.pool)
        .await?;
        let read = |row: &AnyRow| -> Result<Weighed, sqlx::Error> {
            let second: Option<SecondVerdict> = word_column_opt(row, "second")?;
            let candidate: String = row.try_get("candidate")?;
            let pictures_deleted = super::deletions::pictures_deleted(row)?;
            let kept = pictures_deleted.is_none();
            let url = |file: Option<String>| file.filter(|_| kept).and_then(|file| view.url(&candidate, &file, "sample"));
            let looked = second.is_some();
            let item = SampleItem {
                decision: row.try_get("decision")?,
                officer: row.try_get("officer")?,
                kind: word_column(row, "kind")?,
                still_url: url(row.try_get("still")?),
                clip_url: url(row.try_get("clip")?),
                pictures_deleted,
                first: if looked { Some(word_column(row, "verdict")?) } else { None },
                first_reason: if looked { word_column_opt(row, "reason")? } else { None },
                second,
                note: row.try_get("note")?,
                by: row.try_get("by_name")?,
                at: row.try_get::<Option<i64>, _>("at_ms")?.map(rfc3339),
                candidate: candidate.clone(),
            };
            Ok(Weighed { item, stratum: row.try_get("stratum")?, verdict: row.try_get("verdict")? })
        };
        rows.iter().map(read).collect()
    }

    /// Appends a second look. 409 when somebody has looked already.
    pub(crate) async fn look_again(&self, sample: &str, look: &NewSecondLook, actor: &Actor) -> Result<(), ApiError> {
        let missing = || ApiError::NotFound("decision in this sample");
        if look.decision.contains('\0') {
            return Err(missing());
        }
        let mut tx = self.write().await?;
        let row = sqlx::query("SELECT officer, candidate FROM sample_items WHERE sample = $1 AND decision = $2")
            .bind(sample)
            .bind(look.decision.clone())
            .fetch_optional(tx.db())
            .await?
            .ok_or_else(missing)?;
        if row.try_get::<String, _>("officer")? == actor.name {
            let message = "nobody looks at their own decision again".to_owned();
            return Err(ApiError::Refused { code: "own_decision", message });
        }
        let before = sqlx::query("SELECT verdict, by_name, at_ms FROM second_looks WHERE sample = $1 AND decision = $2")
            .bind(sample)
            .bind(look.decision.clone())
            .fetch_optional(tx.db())
            .await?;
        if let Some(before) = before {
            let by: String = before.try_get("by_name")?;
            let details = json!({ "by": by, "verdict": before.try_get::<String, _>("verdict")?,
                                  "at": rfc3339(before.try_get("at_ms")?) });
            return Err(ApiError::Conflict { code: "looked", message: format!("{by} has looked at it already"), details });
        }
        let now_ms = tx.now_ms();
        sqlx::query("INSERT INTO second_looks (sample, decision, verdict, note, by_name, at_ms) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(sample)
            .bind(look.decision.clone())
            .bind(word(&look.verdict))
            .bind(look.note.clone().filter(|note| !note.trim().is_empty()))
            .bind(actor.name.clone())
            .bind(now_ms)
            .execute(tx.db())
            .await?;
        let candidate: String = row.try_get("candidate")?;
        let details = json!({ "sample": sample, "decision": look.decision, "verdict": look.verdict });
        tx.audit(Deed { actor: &actor.name, action: "sample.look", object: &candidate, reason: None, details }).await?;
        tx.commit().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eligible(n: usize, officer: &str, kind: &str) -> Vec<Eligible> {
        let one = |index| Eligible {
            decision: format!("{officer}-{kind}-{index}"),
            candidate: String::new(),
            officer: officer.to_owned(),
            kind: kind.to_owned(),
            verdict: "confirm".to_owned(),
            reason: None,
        };
        (0..n).map(one).collect()
    }

    fn ids(drawn: &[Drawn]) -> Vec<String> {
        drawn.iter().map(|one| one.of.decision.clone()).collect()
    }

    #[test]
    fn a_seed_draws_the_same_again_and_equally_many_of_each_stratum() {
        let all =
            || [eligible(200, "ada", "stall"), eligible(50, "ada", "ad"), eligible(3, "bob", "stall")].into_iter().flatten();
        let first = draw(all().collect(), "seed", 10);
        // In whatever order the database gives them.
        let again = draw(all().collect::<Vec<_>>().into_iter().rev().collect(), "seed", 10);
        assert_eq!(ids(&first), ids(&again));
        assert_ne!(ids(&first), ids(&draw(all().collect(), "other", 10)));
        let count = |prefix: &str| first.iter().filter(|one| one.of.decision.starts_with(prefix)).count();
        assert_eq!((count("ada-stall"), count("ada-ad"), count("bob-stall")), (10, 10, 3));
        assert!(first.iter().all(|one| [200, 50, 3].contains(&one.stratum)));
    }

    #[test]
    fn every_decision_is_as_likely_as_the_next() {
        // 20 of 100 by 2000 seeds: each is drawn 400 times on average, standard deviation 18.
        let mut counts = BTreeMap::new();
        for seed in 0..2000 {
            for id in ids(&draw(eligible(100, "ada", "stall"), &seed.to_string(), 20)) {
                *counts.entry(id).or_insert(0u32) += 1;
            }
        }
        assert!(counts.len() == 100 && counts.values().all(|n| (310..490).contains(n)), "{counts:?}");
    }
}
