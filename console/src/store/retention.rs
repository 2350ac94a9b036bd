//! Whose pictures are due, by which rule: chosen here and nowhere else, for the dry run as for the job.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::holds::held;
use super::{Bind, Conditions, Scope, Store, word_column};
use crate::clock::{DAY_MS, rfc3339};
use crate::dto::{RetentionFailure, RetentionItem, RetentionLine, RetentionRule, RetentionSum};
use crate::retention::{Adopted, RetentionConfig};
use crate::store::clocks::OWED;

/// Ends of a case after which its pictures may go. One that was handed over and not closed is not over.
const CASE_OVER: &str = "('closed', 'rejected', 'insufficient', 'expired')";

/// Files of candidate `c` that nobody has claimed yet: `i` is of `evidence_items`.
const LEFT: &str = "i.candidate = c.id AND i.role <> 'manifest' AND NOT EXISTS \
                    (SELECT 1 FROM retention_deletions r WHERE r.candidate = i.candidate AND r.file = i.file)";

/// The rows of a rule, with candidate `c`, and the time at which its pictures are due. None: it deletes nothing.
struct Source {
    from: &'static str,
    which: String,
    due: String,
}

/// Every state is bound to one rule, so that nothing is chosen twice.
fn source(rule: RetentionRule, policy: &RetentionConfig) -> Option<Source> {
    let ms = |days: u32| i64::from(days) * DAY_MS;
    let received = |which: String, days: u32| {
        let due = format!("c.received_ms + {}", ms(days));
        Some(Source { from: "candidates c", which, due })
    };
    match rule {
        RetentionRule::Rejected => Some(Source {
            from: "candidates c JOIN decisions d ON d.candidate = c.id AND d.seen_version = c.version - 1",
            which: "c.state = 'rejected' AND d.verdict = 'reject'".to_owned(),
            due: format!("d.at_ms + {}", ms(policy.rejected_d)),
        }),
        RetentionRule::Undecided => received(format!("c.state IN {OWED} AND c.permitted = 0"), policy.undecided_d),
        RetentionRule::Expired => received("c.state = 'expired' AND c.permitted = 0".to_owned(), policy.expired_d),
        RetentionRule::Permitted => received(
            "c.state IN ('open', 'escalated', 'field_check', 'expired') AND c.permitted = 1".to_owned(),
            policy.permitted_d,
        ),
        RetentionRule::Merged => {
            let case_ended = policy.case_ended_d.map_or(String::new(), |days| {
                format!("WHEN e.state = 'confirmed' AND k.state IN {CASE_OVER} THEN k.state_ms + {} ", ms(days))
            });
            Some(Source {
                from: "candidates c JOIN candidates e ON e.id = c.merged_into LEFT JOIN cases k ON k.id = e.case_id \
                       LEFT JOIN decisions d ON d.candidate = e.id AND d.seen_version = e.version - 1 AND d.verdict = 'reject'",
                which: "c.state = 'merged'".to_owned(),
                due: format!(
                    "CASE {case_ended}WHEN e.state = 'rejected' THEN d.at_ms + {} WHEN e.permitted = 1 AND e.state IN \
                     ('open', 'escalated', 'field_check', 'expired') THEN e.received_ms + {} WHEN e.state IN {OWED} \
                     THEN e.received_ms + {} WHEN e.state = 'expired' THEN e.received_ms + {} END",
                    ms(policy.rejected_d),
                    ms(policy.permitted_d),
                    ms(policy.undecided_d),
                    ms(policy.expired_d)
                ),
            })
        }
        RetentionRule::CaseEnded => policy.case_ended_d.map(|days| Source {
            from: "candidates c JOIN cases k ON k.id = c.case_id",
            which: format!("c.state = 'confirmed' AND k.state IN {CASE_OVER}"),
            due: format!("k.state_ms + {}", ms(days)),
        }),
    }
}

/// The rows of a rule that are due at a time: `FROM … WHERE …`, with its due time as a text.
fn due_by(source: &Source, conditions: &mut Conditions, until_ms: i64) -> String {
    conditions.and("c.pictures = 1", []);
    conditions.and(&source.which, []);
    conditions.and(&format!("{} <= ?", source.due), [Bind::Int(until_ms)]);
    format!("FROM {}{}", source.from, conditions.sql())
}

/// A candidate that the job may claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DuePictures {
    pub(crate) candidate: String,
    pub(crate) district: String,
    pub(crate) rule: RetentionRule,
    pub(crate) due_ms: i64,
}

/// One that is chosen is due, not under hold, and on nobody's screen.
pub(super) fn choice(
    rule: RetentionRule,
    policy: &RetentionConfig,
    now_ms: i64,
    candidate: Option<&str>,
    limit: i64,
) -> Option<(Conditions, String)> {
    let source = source(rule, policy)?;
    let mut conditions = Conditions::everywhere();
    if let Some(candidate) = candidate {
        conditions.and("c.id = ?", [Bind::Text(candidate.to_owned())]);
    }
    conditions.and("NOT EXISTS (SELECT 1 FROM claims l WHERE l.candidate = c.id AND l.until_ms > ?)", [Bind::Int(now_ms)]);
    conditions.and(&format!("NOT {}", held("c")), []);
    let rows = due_by(&source, &mut conditions, now_ms);
    let sql = format!("SELECT c.id, c.district, {} AS due {rows} ORDER BY c.received_ms, c.id LIMIT {limit}", source.due);
    Some((conditions, sql))
}

pub(super) fn read_due(row: &AnyRow, rule: RetentionRule) -> Result<DuePictures, sqlx::Error> {
    Ok(DuePictures { candidate: row.try_get("id")?, district: row.try_get("district")?, rule, due_ms: row.try_get("due")? })
}

/// Which candidates are listed.
pub(crate) struct PlanFilter {
    pub(crate) rules: Vec<RetentionRule>,
    pub(crate) until_ms: i64,
    pub(crate) held: Option<bool>,
    /// Due time and id of the last one of the page before.
    pub(crate) after: Option<(i64, String)>,
}

impl Store {
    /// Takes a policy over, and says which it is. Adopting the same again changes nothing, so that its notice runs on.
    ///
    /// # Errors
    /// The database failed.
    pub(crate) async fn adopt_retention(&self, config: &RetentionConfig) -> Result<Adopted, sqlx::Error> {
        let policy = config.policy();
        let mut tx = self.write().await?;
        let now_ms = tx.now_ms();
        let last = sqlx::query("SELECT version, at_ms, policy FROM retention_policies ORDER BY version DESC LIMIT 1")
            .fetch_optional(tx.db())
            .await?;
        let mut version = 0;
        if let Some(last) = last {
            version = last.try_get("version")?;
            if last.try_get::<String, _>("policy")? == policy {
                return Ok(Adopted { version, at_ms: last.try_get("at_ms")?, config: config.clone() });
            }
        }
        version += 1;
        sqlx::query("INSERT INTO retention_policies (version, at_ms, policy) VALUES ($1, $2, $3)")
            .bind(version)
            .bind(now_ms)
            .bind(policy.clone())
            .execute(tx.db())
            .await?;
        let details = serde_json::json!({ "version": version, "policy": policy });
        let deed = super::Deed { actor: "system", action: "retention.policy", object: "retention", reason: None, details };
        tx.audit(deed).await?;
        tx.commit().await?;
        Ok(Adopted { version, at_ms: now_ms, config: config.clone() })
    }

    /// The policy that was adopted last.
    pub(crate) async fn adopted_retention(&self) -> Result<Option<Adopted>, sqlx::Error> {
        let row = sqlx::query("SELECT version, at_ms, policy FROM retention_policies ORDER BY version DESC LIMIT 1")
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let config = super::json_column(&row, "policy")?;
        Ok(Some(Adopted { version: row.try_get("version")?, at_ms: row.try_get("at_ms")?, config }))
    }

    /// The version that was adopted last, by whichever console.
    pub(crate) async fn retention_version(&self) -> Result<i64, sqlx::Error> {
        let query = sqlx::query("SELECT COALESCE(MAX(version), 0) AS version FROM retention_policies");
        query.fetch_one(&self.pool).await?.try_get("version")
    }

    /// Up to so many candidates whose pictures may go now, the oldest of each rule first.
    pub(crate) async fn due_pictures(&self, policy: &RetentionConfig, limit: i64) -> Result<Vec<DuePictures>, sqlx::Error> {
        let now_ms = self.clock.now_ms();
        let mut found = Vec::new();
        for rule in RetentionRule::ALL {
            let Some((conditions, sql)) = choice(rule, policy, now_ms, None, limit) else { continue };
            let rows = conditions.query(sql).fetch_all(&self.pool).await?;
            found.extend(rows.iter().map(|row| read_due(row, rule)).collect::<Result<Vec<_>, _>>()?);
        }
        Ok(found)
    }

    /// What each rule would delete now, and until a time: the dry run.
    pub(crate) async fn retention_plan(
        &self,
        scope: &Scope,
        policy: &RetentionConfig,
        until_ms: i64,
    ) -> Result<Vec<RetentionLine>, sqlx::Error> {
        let now_ms = self.clock.now_ms();
        let mut lines = Vec::new();
        for rule in RetentionRule::ALL {
            let Some(source) = source(rule, policy) else { continue };
            let mut conditions = Conditions::within(scope, "c");
            let rows = due_by(&source, &mut conditions, until_ms);
            let sql = format!(
                "SELECT q.later, q.held, COUNT(*) AS candidates, CAST(SUM(q.files) AS BIGINT) AS files, \
                 CAST(SUM(q.bytes) AS BIGINT) AS bytes FROM (SELECT CASE WHEN {due} <= {now_ms} THEN 0 ELSE 1 END AS later, \
                 CASE WHEN {held} THEN 1 ELSE 0 END AS held, (SELECT COUNT(*) FROM evidence_items i WHERE {LEFT}) AS files, \
                 (SELECT CAST(COALESCE(SUM(i.bytes), 0) AS BIGINT) FROM evidence_items i WHERE {LEFT}) AS bytes {rows}) q \
                 GROUP BY q.later, q.held",
                due = source.due,
                held = held("c"),
            );
            let zero = RetentionSum::default();
            let mut line = RetentionLine { rule, now: zero, later: zero, held: zero };
            for row in conditions.query(sql).fetch_all(&self.pool).await? {
                let number = |column: &str| -> Result<i64, sqlx::Error> {
                    // Of constants, PostgreSQL makes 32 bits.
                    row.try_get::<i64, _>(column).or_else(|_| row.try_get::<i32, _>(column).map(i64::from))
                };
                let sum = match (number("held")? != 0, number("later")? != 0) {
                    (true, _) => &mut line.held,
                    (false, false) => &mut line.now,
                    (false, true) => &mut line.later,
                };
                sum.candidates += number("candidates")?;
                sum.files += number("files")?;
                sum.bytes += number("bytes")?;
            }
            lines.push(line);
        }
        Ok(lines)
    }

    /// The candidates behind it, the first due first.
    pub(crate) async fn retention_items(
        &self,
        scope: &Scope,
        policy: &RetentionConfig,
        filter: &PlanFilter,
        limit: i64,
    ) -> Result<Vec<RetentionItem>, sqlx::Error> {
        let mut found = Vec::new();
        for rule in &filter.rules {
            let Some(source) = source(*rule, policy) else { continue };
            let mut conditions = Conditions::within(scope, "c");
            if let Some(wanted) = filter.held {
                conditions.and(&format!("{}{}", if wanted { "" } else { "NOT " }, held("c")), []);
            }
            if let Some((due_ms, id)) = &filter.after {
                let after = format!("({due} > ? OR ({due} = ? AND c.id > ?))", due = source.due);
                conditions.and(&after, [Bind::Int(*due_ms), Bind::Int(*due_ms), Bind::Text(id.clone())]);
            }
            let rows = due_by(&source, &mut conditions, filter.until_ms);
            let sql = format!(
                "SELECT c.id, c.kind, c.state, c.case_id, c.camera, c.camera_name, c.district, c.street, c.raised_ms, \
                 {due} AS due, CASE WHEN {held} THEN 'held' ELSE '' END AS held, \
                 (SELECT COUNT(*) FROM evidence_items i WHERE {LEFT}) AS files, \
                 (SELECT CAST(COALESCE(SUM(i.bytes), 0) AS BIGINT) FROM evidence_items i WHERE {LEFT}) AS bytes \
                 {rows} ORDER BY {due}, c.id LIMIT {limit}",
                due = source.due,
                held = held("c"),
            );
            for row in conditions.query(sql).fetch_all(&self.pool).await? {
                let due_ms: i64 = row.try_get("due")?;
                found.push((due_ms, read_item(&row, *rule)?));
            }
        }
        found.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.candidate.cmp(&b.1.candidate)));
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found.into_iter().map(|(_, item)| item).collect())
    }

    /// Candidates whose pictures went, their files and bytes.
    pub(crate) async fn deleted_sum(&self, scope: &Scope) -> Result<RetentionSum, sqlx::Error> {
        let mut conditions = Conditions::within(scope, "c");
        conditions.and("r.deleted_ms IS NOT NULL", []);
        let sql = format!(
            "SELECT COUNT(DISTINCT r.candidate) AS candidates, COUNT(*) AS files, CAST(COALESCE(SUM(r.bytes), 0) AS BIGINT) \
             AS bytes FROM retention_deletions r JOIN candidates c ON c.id = r.candidate{}",
            conditions.sql()
        );
        let row = conditions.query(sql).fetch_one(&self.pool).await?;
        Ok(RetentionSum { candidates: row.try_get("candidates")?, files: row.try_get("files")?, bytes: row.try_get("bytes")? })
    }

    /// Files that were claimed, tried, and did not go; the oldest first, and how many.
    pub(crate) async fn retention_failures(
        &self,
        scope: &Scope,
        limit: i64,
    ) -> Result<(Vec<RetentionFailure>, i64), sqlx::Error> {
        let mut conditions = Conditions::within(scope, "c");
        conditions.and("r.deleted_ms IS NULL AND r.failure IS NOT NULL", []);
        let which = format!("FROM retention_deletions r JOIN candidates c ON c.id = r.candidate{}", conditions.sql());
        let count = conditions.query(format!("SELECT COUNT(*) AS n {which}")).fetch_one(&self.pool).await?.try_get("n")?;
        let sql = format!("SELECT r.* {which} ORDER BY r.claimed_ms, r.candidate, r.file LIMIT {limit}");
        let read = |row: &AnyRow| -> Result<RetentionFailure, sqlx::Error> {
            Ok(RetentionFailure {
                candidate: row.try_get("candidate")?,
                file: row.try_get("file")?,
                tries: row.try_get("tries")?,
                next_at: rfc3339(row.try_get("next_ms")?),
                failure: row.try_get("failure")?,
            })
        };
        let rows = conditions.query(sql).fetch_all(&self.pool).await?;
        Ok((rows.iter().map(read).collect::<Result<_, _>>()?, count))
    }
}

fn read_item(row: &AnyRow, rule: RetentionRule) -> Result<RetentionItem, sqlx::Error> {
    Ok(RetentionItem {
        candidate: row.try_get("id")?,
        kind: word_column(row, "kind")?,
        state: word_column(row, "state")?,
        case: row.try_get("case_id")?,
        camera: row.try_get("camera")?,
        camera_name: row.try_get("camera_name")?,
        district: row.try_get("district")?,
        street: row.try_get("street")?,
        raised_at: rfc3339(row.try_get("raised_ms")?),
        rule,
        due_at: rfc3339(row.try_get("due")?),
        held: !row.try_get::<String, _>("held")?.is_empty(),
        files: row.try_get("files")?,
        bytes: row.try_get("bytes")?,
    })
}
