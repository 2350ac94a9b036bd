//! Which kinds were judged on a camera, by which models, and when none was: the last of the conditions of `Obs` (DOMAIN 5.1).

use sqlx::Row;
use sqlx::any::AnyRow;

use super::{Store, Tx};
use crate::clearance::interval::Ms;
use crate::clock::rfc3339;
use crate::dto::{JudgedSpan, UnjudgedSpan, from_word};

/// Words in a column, in order, apart by commas.
pub(super) fn words(text: &str) -> Vec<String> {
    text.split(',').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

impl Tx {
    /// A worker judged these kinds with these models in `[from, until)` of a run. It joins what it follows on, and what
    /// follows on it: accounts may come twice and in any order, and one run is one worker's, so that they never overlap.
    pub(super) async fn put_judged(
        &mut self,
        camera: &str,
        run: i64,
        (from_ms, until_ms): (Ms, Ms),
        (kinds, models): (&str, &str),
    ) -> Result<(), sqlx::Error> {
        let near = sqlx::query(
            "SELECT from_ms, until_ms FROM judged_spans WHERE camera = $1 AND run = $2 AND kinds = $3 AND models = $4 \
             AND from_ms <= $6 AND until_ms >= $5 ORDER BY from_ms",
        )
        .bind(camera)
        .bind(run)
        .bind(kinds)
        .bind(models)
        .bind(from_ms)
        .bind(until_ms)
        .fetch_all(self.db())
        .await?;
        let (mut first, mut last) = (from_ms, until_ms);
        for row in &near {
            let (from, until): (Ms, Ms) = (row.try_get("from_ms")?, row.try_get("until_ms")?);
            if from <= from_ms && until >= until_ms {
                return Ok(());
            }
            (first, last) = (first.min(from), last.max(until));
            let delete = "DELETE FROM judged_spans WHERE camera = $1 AND run = $2 AND from_ms = $3";
            sqlx::query(delete).bind(camera).bind(run).bind(from).execute(self.db()).await?;
        }
        let insert = "INSERT INTO judged_spans (camera, run, from_ms, until_ms, kinds, models) VALUES ($1, $2, $3, $4, $5, $6) \
                      ON CONFLICT (camera, from_ms, run) DO NOTHING";
        let query = sqlx::query(insert).bind(camera).bind(run).bind(first).bind(last).bind(kinds).bind(models);
        query.execute(self.db()).await.map(drop)
    }

    /// In `[from, until)` of a run nothing was judged.
    pub(super) async fn put_unjudged(
        &mut self,
        camera: &str,
        run: i64,
        (from_ms, until_ms): (Ms, Ms),
        why: &str,
    ) -> Result<(), sqlx::Error> {
        let insert = "INSERT INTO unjudged_spans (camera, run, from_ms, until_ms, why) VALUES ($1, $2, $3, $4, $5) \
                      ON CONFLICT (camera, from_ms, run) DO NOTHING";
        let query = sqlx::query(insert).bind(camera).bind(run).bind(from_ms).bind(until_ms).bind(why);
        query.execute(self.db()).await.map(drop)
    }
}

impl Store {
    /// Who judged what on a camera from a time on, newest first.
    pub(crate) async fn judged_spans(&self, camera: &str, from_ms: Ms, most: i64) -> Result<Vec<JudgedSpan>, sqlx::Error> {
        let sql = "SELECT from_ms, until_ms, kinds, models FROM judged_spans WHERE camera = $1 AND until_ms > $2 \
                   ORDER BY from_ms DESC LIMIT $3";
        let rows = sqlx::query(sql).bind(camera).bind(from_ms).bind(most).fetch_all(&self.pool).await?;
        let read = |row: &AnyRow| {
            let kinds = words(&row.try_get::<String, _>("kinds")?);
            Ok(JudgedSpan {
                from: rfc3339(row.try_get("from_ms")?),
                until: rfc3339(row.try_get("until_ms")?),
                kinds: kinds.iter().filter_map(|kind| from_word(kind)).collect(),
                models: words(&row.try_get::<String, _>("models")?),
            })
        };
        rows.iter().map(read).collect()
    }

    /// When nothing was judged on a camera from a time on, newest first.
    pub(crate) async fn unjudged_spans(&self, camera: &str, from_ms: Ms, most: i64) -> Result<Vec<UnjudgedSpan>, sqlx::Error> {
        let sql = "SELECT from_ms, until_ms, why FROM unjudged_spans WHERE camera = $1 AND until_ms > $2 \
                   ORDER BY from_ms DESC LIMIT $3";
        let rows = sqlx::query(sql).bind(camera).bind(from_ms).bind(most).fetch_all(&self.pool).await?;
        let read = |row: &AnyRow| {
            Ok(UnjudgedSpan {
                from: rfc3339(row.try_get("from_ms")?),
                until: rfc3339(row.try_get("until_ms")?),
                why: row.try_get("why")?,
            })
        };
        rows.iter().map(read).collect()
    }
}
