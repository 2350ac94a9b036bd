//! Looks at the chain: from the first row, or from where the last good look ended. Each is written down.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::audit::{GENESIS, Link};
use super::{Store, Tx};
use crate::clock::rfc3339;
use crate::dto::{AuditAlarm, AuditCheck};

/// Rows of the chain that are read at a time.
const CHUNK: i64 = 1000;
/// Looks that begin where the last good one ended pass over rows before it: so often they begin at the first row.
const COMPLETE_EVERY_MS: i64 = 7 * 24 * 60 * 60_000;

/// Where a look begins: this row and its digest are taken as good.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Anchor {
    seq: i64,
    head: String,
}

impl Anchor {
    fn first() -> Self {
        Self { seq: 0, head: GENESIS.to_owned() }
    }
}

/// What the looks so far say.
struct History {
    anchor: Anchor,
    complete_ms: Option<i64>,
    alarm: Option<AuditAlarm>,
}

fn alarm(row: &AnyRow) -> Result<AuditAlarm, sqlx::Error> {
    Ok(AuditAlarm {
        found_at: rfc3339(row.try_get("at_ms")?),
        broken_at: row.try_get::<Option<i64>, _>("broken_at")?.unwrap_or_default(),
        reason: row.try_get::<Option<String>, _>("reason")?.unwrap_or_default(),
    })
}

impl Tx {
    async fn write_check(&mut self, check: &AuditCheck, complete: bool, seq: i64) -> Result<(), sqlx::Error> {
        let (id, at_ms) = (self.next("audit_check").await?, self.now_ms());
        sqlx::query(
            "INSERT INTO audit_checks (id, at_ms, complete, ok, seq, head, broken_at, reason) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(id)
        .bind(at_ms)
        .bind(i64::from(complete))
        .bind(i64::from(check.ok))
        .bind(seq)
        .bind(check.head.clone())
        .bind(check.broken_at)
        .bind(check.reason.clone())
        .execute(self.db())
        .await?;
        Ok(())
    }
}

impl Store {
    /// Computes the whole chain again: a row changed, put in, taken out or cut off shows.
    pub(crate) async fn audit_check(&self) -> Result<AuditCheck, sqlx::Error> {
        let (check, seq) = self.walk(Anchor::first()).await?;
        self.note(&check, true, seq).await?;
        Ok(check)
    }

    /// The regular look: rows since the last good one, and all of them when an alarm stands or the last such look is long ago.
    /// Tells whether it was of all.
    pub(crate) async fn audit_watch(&self) -> Result<(AuditCheck, bool), sqlx::Error> {
        let history = self.audit_history().await?;
        let old_ms = self.clock.now_ms() - COMPLETE_EVERY_MS;
        let complete = history.alarm.is_some() || history.complete_ms.is_none_or(|at_ms| at_ms < old_ms);
        let anchor = if complete { Anchor::first() } else { history.anchor };
        let (check, seq) = self.walk(anchor).await?;
        self.note(&check, complete, seq).await?;
        Ok((check, complete))
    }

    /// The chain is broken, as far as is known: a bad look stands until one of all rows is good.
    pub(crate) async fn audit_alarm(&self) -> Result<Option<AuditAlarm>, sqlx::Error> {
        Ok(self.audit_history().await?.alarm)
    }

    async fn note(&self, check: &AuditCheck, complete: bool, seq: i64) -> Result<(), sqlx::Error> {
        let mut tx = self.write().await?;
        tx.write_check(check, complete, seq).await?;
        tx.commit().await
    }

    async fn audit_history(&self) -> Result<History, sqlx::Error> {
        let good = "SELECT id, seq, head, at_ms FROM audit_checks WHERE ok = 1";
        let last = format!("{good} ORDER BY id DESC LIMIT 1");
        let last = sqlx::query(sqlx::AssertSqlSafe(last)).fetch_optional(&self.pool).await?;
        let complete = format!("{good} AND complete = 1 ORDER BY id DESC LIMIT 1");
        let complete = sqlx::query(sqlx::AssertSqlSafe(complete)).fetch_optional(&self.pool).await?;
        let since: i64 = complete.as_ref().map_or(Ok(0), |row| row.try_get("id"))?;
        let bad = "SELECT at_ms, broken_at, reason FROM audit_checks WHERE ok = 0 AND id > $1 ORDER BY id LIMIT 1";
        let bad = sqlx::query(bad).bind(since).fetch_optional(&self.pool).await?;
        Ok(History {
            anchor: match last {
                Some(row) => Anchor { seq: row.try_get("seq")?, head: row.try_get("head")? },
                None => Anchor::first(),
            },
            complete_ms: complete.map(|row| row.try_get("at_ms")).transpose()?,
            alarm: bad.as_ref().map(alarm).transpose()?,
        })
    }

    /// Walks the chain from behind the anchor to its head; what was found, and the last row that fits.
    async fn walk(&self, anchor: Anchor) -> Result<(AuditCheck, i64), sqlx::Error> {
        // The head first: rows that are appended while we read lie beyond it and are not judged.
        let head = sqlx::query("SELECT value, digest FROM heads WHERE name = 'audit'").fetch_one(&self.pool).await?;
        let (last, kept): (i64, String) = (head.try_get("value")?, head.try_get("digest")?);
        let (mut before, mut seq, mut read) = (anchor.head, anchor.seq, 0);
        let broken = |at: i64, read: i64, head: &str, reason: &str| AuditCheck {
            ok: false,
            rows: read,
            head: head.to_owned(),
            broken_at: Some(at),
            reason: Some(reason.to_owned()),
        };
        if let Some(reason) = self.anchor_gone(seq, &before).await? {
            return Ok((broken(seq, read, &before, reason), seq));
        }
        loop {
            let rows = sqlx::query("SELECT * FROM audit WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3")
                .bind(seq)
                .bind(last)
                .bind(CHUNK)
                .fetch_all(&self.pool)
                .await?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                let (link, hash) = Link::read(row)?;
                if link.seq != seq + 1 {
                    return Ok((broken(seq + 1, read, &before, "the row is missing"), seq));
                }
                if link.digest(&before) != hash {
                    let reason = "the digest does not belong to the row and the one before";
                    return Ok((broken(link.seq, read, &before, reason), seq));
                }
                (before, seq, read) = (hash, link.seq, read + 1);
            }
        }
        if seq != last {
            // Cut off, or, where the head was set back as well, before the row that was good.
            let at = if seq < last { seq + 1 } else { last + 1 };
            return Ok((broken(at, read, &before, "the row is missing"), seq));
        }
        if last > 0 && kept != before {
            return Ok((broken(last, read, &before, "the digest that stands apart is another"), seq));
        }
        Ok((AuditCheck { ok: true, rows: read, head: before, broken_at: None, reason: None }, seq))
    }

    /// Why the row of an anchor cannot be begun from, if so.
    async fn anchor_gone(&self, seq: i64, head: &str) -> Result<Option<&'static str>, sqlx::Error> {
        if seq == 0 {
            return Ok(None);
        }
        let row = sqlx::query("SELECT hash FROM audit WHERE seq = $1").bind(seq).fetch_optional(&self.pool).await?;
        let Some(row) = row else { return Ok(Some("the row is missing")) };
        let same = row.try_get::<String, _>("hash")? == head;
        Ok((!same).then_some("the row has another digest than when it was last looked at"))
    }
}
