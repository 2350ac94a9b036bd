//! What clearance figures are made of and kept in: candidates, zone versions, definitions, zone-days, restatements.

use serde_json::json;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::audit::Deed;
use super::{Store, Tx, json_column};
use crate::clock::rfc3339;
use crate::dto::{ClearanceDefinition, ClearanceParameters, ControlGrade, Kind, NewClearanceDefinition, PlaceType, word};
use crate::error::ApiError;

/// A stored state of a camera's settings.
#[derive(Debug, Clone)]
pub(crate) struct CameraVersion {
    pub(crate) camera: String,
    pub(crate) version: i64,
    pub(crate) at_ms: i64,
    pub(crate) site: String,
}

/// How far a definition's facts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClearanceProgress {
    /// Nothing later is in them.
    pub(crate) as_of_ms: i64,
    /// When every zone-day was last looked at.
    pub(crate) all_ms: i64,
    /// All days there are have been made.
    pub(crate) built: bool,
}

/// A zone-day as stored.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DayRow {
    pub(crate) camera: String,
    pub(crate) zone: String,
    pub(crate) kind: Kind,
    pub(crate) day: String,
    pub(crate) seq: i64,
    pub(crate) as_of_ms: i64,
    pub(crate) closed: bool,
    pub(crate) restated: bool,
    pub(crate) camera_name: String,
    pub(crate) zone_name: String,
    pub(crate) district: String,
    pub(crate) street: String,
    /// Of a zone: the area in which it is counted. Of an area: itself.
    pub(crate) area: String,
    pub(crate) grade: Option<ControlGrade>,
    pub(crate) place: Option<PlaceType>,
    pub(crate) facts: String,
}

/// A final zone-day that was changed.
#[derive(Debug, Clone)]
pub(crate) struct Restatement {
    pub(crate) old_as_of_ms: i64,
    pub(crate) as_of_ms: i64,
    /// Field by field: before and after.
    pub(crate) changed: serde_json::Value,
}

/// What a cell's candidates are asked for.
pub(crate) struct CellOf<'a> {
    pub(crate) camera: &'a str,
    pub(crate) zone: &'a str,
    pub(crate) kind: Kind,
}

fn definition(row: &AnyRow) -> Result<ClearanceDefinition, sqlx::Error> {
    Ok(ClearanceDefinition {
        version: row.try_get("version")?,
        at: rfc3339(row.try_get("at_ms")?),
        by: row.try_get("by_name")?,
        note: row.try_get("note")?,
        parameters: json_column(row, "parameters")?,
    })
}

fn day_row(row: &AnyRow) -> Result<DayRow, sqlx::Error> {
    Ok(DayRow {
        camera: row.try_get("camera")?,
        zone: row.try_get("zone")?,
        kind: super::word_column(row, "kind")?,
        day: row.try_get("day")?,
        seq: row.try_get("seq")?,
        as_of_ms: row.try_get("as_of_ms")?,
        closed: row.try_get::<i64, _>("closed")? != 0,
        restated: row.try_get::<i64, _>("restated")? != 0,
        camera_name: row.try_get("camera_name")?,
        zone_name: row.try_get("zone_name")?,
        district: row.try_get("district")?,
        street: row.try_get("street")?,
        area: row.try_get("area")?,
        grade: super::word_column_opt(row, "grade")?,
        place: super::word_column_opt(row, "place")?,
        facts: row.try_get("facts")?,
    })
}

fn cell_and_first(row: &AnyRow) -> Result<(String, String, Kind, i64), sqlx::Error> {
    let kind = super::word_column(row, "kind")?;
    Ok((row.try_get("camera")?, row.try_get("zone")?, kind, row.try_get("first_ms")?))
}

impl Tx {
    async fn newest_definition(&mut self) -> Result<Option<ClearanceDefinition>, sqlx::Error> {
        let query = sqlx::query("SELECT * FROM clearance_definitions ORDER BY version DESC LIMIT 1");
        query.fetch_optional(self.db()).await?.as_ref().map(definition).transpose()
    }

    async fn put_definition(
        &mut self,
        version: i64,
        by: &str,
        note: &str,
        parameters: &ClearanceParameters,
    ) -> Result<ClearanceDefinition, sqlx::Error> {
        let now_ms = self.now_ms();
        sqlx::query("INSERT INTO clearance_definitions (version, at_ms, by_name, note, parameters) VALUES ($1, $2, $3, $4, $5)")
            .bind(version)
            .bind(now_ms)
            .bind(by)
            .bind(note)
            .bind(serde_json::to_string(parameters).expect("parameters are JSON"))
            .execute(self.db())
            .await?;
        let details = json!({ "version": version });
        let deed = Deed { actor: by, action: "clearance.define", object: "clearance", reason: Some(note), details };
        self.audit(deed).await?;
        Ok(ClearanceDefinition {
            version,
            at: rfc3339(now_ms),
            by: by.to_owned(),
            note: note.to_owned(),
            parameters: parameters.clone(),
        })
    }
}

impl Store {
    /// The definition in force. The first is that of the rule book's example.
    pub(crate) async fn clearance_definition(&self) -> Result<ClearanceDefinition, sqlx::Error> {
        let query = sqlx::query("SELECT * FROM clearance_definitions ORDER BY version DESC LIMIT 1");
        if let Some(row) = query.fetch_optional(&self.pool).await? {
            return definition(&row);
        }
        let mut tx = self.write().await?;
        let first = match tx.newest_definition().await? {
            Some(definition) => definition,
            None => tx.put_definition(1, "kerbwatch", "as delivered", &ClearanceParameters::default()).await?,
        };
        tx.commit().await?;
        Ok(first)
    }

    /// All definitions, newest first.
    pub(crate) async fn clearance_definitions(&self) -> Result<Vec<ClearanceDefinition>, sqlx::Error> {
        self.clearance_definition().await?;
        let rows = sqlx::query("SELECT * FROM clearance_definitions ORDER BY version DESC").fetch_all(&self.pool).await?;
        rows.iter().map(definition).collect()
    }

    /// Puts a new definition in force.
    pub(crate) async fn define_clearance(&self, new: &NewClearanceDefinition, by: &str) -> Result<ClearanceDefinition, ApiError> {
        self.clearance_definition().await?;
        let mut tx = self.write().await?;
        let newest = tx.newest_definition().await?.ok_or(ApiError::NotFound("definition"))?;
        if newest.version != new.seen_version {
            let details = json!({ "version": newest.version, "by": newest.by, "at": newest.at, "note": newest.note });
            let message = format!("{} put another definition in force meanwhile", newest.by);
            return Err(ApiError::Conflict { code: "stale", message, details });
        }
        if newest.parameters == new.parameters {
            let message = "these are the parameters in force: nothing would change".to_owned();
            return Err(ApiError::Refused { code: "unchanged", message });
        }
        let made = tx.put_definition(newest.version + 1, by, new.note.trim(), &new.parameters).await?;
        tx.commit().await?;
        Ok(made)
    }

    /// How far the facts of a definition are; `None` before anything was made.
    pub(crate) async fn clearance_progress(&self, definition: i64) -> Result<Option<ClearanceProgress>, sqlx::Error> {
        let query = sqlx::query("SELECT as_of_ms, all_ms, built FROM clearance_progress WHERE definition = $1");
        let row = query.bind(definition).fetch_optional(&self.pool).await?;
        let read = |row: AnyRow| {
            let built = row.try_get::<i64, _>("built")? != 0;
            Ok(ClearanceProgress { as_of_ms: row.try_get("as_of_ms")?, all_ms: row.try_get("all_ms")?, built })
        };
        row.map(read).transpose()
    }

    /// Takes or renews the lease on making a definition's facts; `false` while another console has it.
    pub(crate) async fn lease_clearance(&self, definition: i64, by: &str, until_ms: i64) -> Result<bool, sqlx::Error> {
        let mut tx = self.write().await?;
        let now_ms = tx.now_ms();
        let done = sqlx::query(
            "INSERT INTO clearance_progress (definition, as_of_ms, all_ms, built, lease, lease_ms) VALUES ($1, 0, 0, 0, $2, $3) \
             ON CONFLICT (definition) DO UPDATE SET lease = excluded.lease, lease_ms = excluded.lease_ms \
             WHERE clearance_progress.lease = excluded.lease OR clearance_progress.lease_ms < $4",
        )
        .bind(definition)
        .bind(by)
        .bind(until_ms)
        .bind(now_ms)
        .execute(tx.db())
        .await?;
        tx.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    /// Says how far the facts are, and lets the lease go.
    pub(crate) async fn put_clearance_progress(&self, definition: i64, progress: ClearanceProgress) -> Result<(), sqlx::Error> {
        let mut tx = self.write().await?;
        sqlx::query("UPDATE clearance_progress SET as_of_ms = $1, all_ms = $2, built = $3, lease_ms = 0 WHERE definition = $4")
            .bind(progress.as_of_ms)
            .bind(progress.all_ms)
            .bind(i64::from(progress.built))
            .bind(definition)
            .execute(tx.db())
            .await?;
        tx.commit().await
    }

    /// Settings of cameras that are not among the known ones (camera, version).
    pub(crate) async fn camera_versions(&self) -> Result<Vec<(String, i64)>, sqlx::Error> {
        let rows =
            sqlx::query("SELECT camera, version FROM camera_versions ORDER BY camera, version").fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((row.try_get("camera")?, row.try_get("version")?))).collect()
    }

    /// One of them.
    pub(crate) async fn camera_version_text(&self, camera: &str, version: i64) -> Result<Option<CameraVersion>, sqlx::Error> {
        let query = sqlx::query("SELECT camera, version, at_ms, site FROM camera_versions WHERE camera = $1 AND version = $2");
        let row = query.bind(camera).bind(version).fetch_optional(&self.pool).await?;
        let read = |row: AnyRow| {
            Ok(CameraVersion {
                camera: row.try_get("camera")?,
                version: row.try_get("version")?,
                at_ms: row.try_get("at_ms")?,
                site: row.try_get("site")?,
            })
        };
        row.map(read).transpose()
    }

    /// Cameras that were taken out, with when they were last heard of: since then nothing of theirs is in force.
    pub(crate) async fn retired_cameras(&self) -> Result<Vec<(String, i64)>, sqlx::Error> {
        let rows = sqlx::query("SELECT id, last_seen_ms FROM cameras WHERE retired <> 0").fetch_all(&self.pool).await?;
        let read = |row: &AnyRow| Ok((row.try_get("id")?, row.try_get::<Option<i64>, _>("last_seen_ms")?.unwrap_or(0)));
        rows.iter().map(read).collect()
    }

    /// Cells (camera, zone, kind) of which something was received or decided since, with the earliest of what changed.
    pub(crate) async fn touched_cells(&self, since_ms: i64) -> Result<Vec<(String, String, Kind, i64)>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT camera, zone, kind, MIN(first_seen_ms) AS first_ms FROM candidates c WHERE c.id IN (\
             SELECT id FROM candidates WHERE received_ms >= $1 \
             UNION SELECT candidate FROM decisions WHERE at_ms >= $1 \
             UNION SELECT k.candidate FROM cases k JOIN case_events e ON e.case_id = k.id WHERE e.at_ms >= $1 \
             UNION SELECT candidate FROM observations WHERE received_ms >= $1 AND candidate IS NOT NULL \
             UNION SELECT i.candidate FROM second_looks l JOIN sample_items i ON i.sample = l.sample AND i.decision = l.decision \
             WHERE l.at_ms >= $1 \
             UNION SELECT id FROM candidates WHERE merged_into IN (SELECT candidate FROM decisions WHERE at_ms >= $1 \
             UNION SELECT k.candidate FROM cases k JOIN case_events e ON e.case_id = k.id WHERE e.at_ms >= $1)) \
             GROUP BY camera, zone, kind",
        )
        .bind(since_ms)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(cell_and_first).collect()
    }

    /// Cells that have candidates but may be in no settings, and when their first candidate was first seen.
    pub(crate) async fn cells_with_candidates(&self) -> Result<Vec<(String, String, Kind, i64)>, sqlx::Error> {
        let sql = "SELECT camera, zone, kind, MIN(first_seen_ms) AS first_ms FROM candidates GROUP BY camera, zone, kind";
        let rows = sqlx::query(sql).fetch_all(&self.pool).await?;
        rows.iter().map(cell_and_first).collect()
    }

    /// The stored days of a cell from a day on.
    pub(crate) async fn cell_days(&self, definition: i64, cell: &CellOf<'_>, from: &str) -> Result<Vec<DayRow>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT * FROM clearance_days WHERE definition = $1 AND camera = $2 AND zone = $3 AND kind = $4 AND day >= $5",
        )
        .bind(definition)
        .bind(cell.camera)
        .bind(cell.zone)
        .bind(word(&cell.kind))
        .bind(from)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(day_row).collect()
    }

    /// Writes changed zone-days, each with what it was before if it was final. What is stored as of a later time stays.
    pub(crate) async fn put_days(
        &self,
        definition: i64,
        changes: &[(DayRow, Option<Restatement>, String)],
    ) -> Result<(), sqlx::Error> {
        let mut tx = self.write().await?;
        for (row, restated, old_facts) in changes {
            let seq = tx.next("clearance").await?;
            let done = sqlx::query(
                "INSERT INTO clearance_days (definition, camera, zone, kind, day, seq, as_of_ms, closed, restated, camera_name, \
                 zone_name, district, street, area, grade, place, facts) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) \
                 ON CONFLICT (definition, camera, zone, kind, day) DO UPDATE SET seq = excluded.seq, \
                 as_of_ms = excluded.as_of_ms, closed = excluded.closed, restated = excluded.restated, \
                 camera_name = excluded.camera_name, zone_name = excluded.zone_name, district = excluded.district, \
                 street = excluded.street, area = excluded.area, grade = excluded.grade, place = excluded.place, \
                 facts = excluded.facts WHERE clearance_days.as_of_ms <= excluded.as_of_ms",
            )
            .bind(definition)
            .bind(row.camera.clone())
            .bind(row.zone.clone())
            .bind(word(&row.kind))
            .bind(row.day.clone())
            .bind(seq)
            .bind(row.as_of_ms)
            .bind(i64::from(row.closed))
            .bind(i64::from(row.restated))
            .bind(row.camera_name.clone())
            .bind(row.zone_name.clone())
            .bind(row.district.clone())
            .bind(row.street.clone())
            .bind(row.area.clone())
            .bind(row.grade.map(|grade| word(&grade)))
            .bind(row.place.map(|place| word(&place)))
            .bind(row.facts.clone())
            .execute(tx.db())
            .await?;
            if let (Some(restated), true) = (restated, done.rows_affected() > 0) {
                tx.put_restatement(definition, row, restated, old_facts).await?;
            }
        }
        tx.commit().await
    }

    /// Zone-days written after `seq`, in the order of writing.
    pub(crate) async fn days_after(&self, definition: i64, seq: i64, limit: i64) -> Result<Vec<DayRow>, sqlx::Error> {
        let rows = sqlx::query("SELECT * FROM clearance_days WHERE definition = $1 AND seq > $2 ORDER BY seq LIMIT $3")
            .bind(definition)
            .bind(seq)
            .bind(limit)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(day_row).collect()
    }

    /// What a zone-day said before, newest first.
    pub(crate) async fn restatements(
        &self,
        definition: i64,
        cell: &CellOf<'_>,
        day: &str,
    ) -> Result<Vec<Restatement>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT old_as_of_ms, as_of_ms, changed FROM clearance_restatements WHERE definition = $1 AND camera = $2 \
             AND zone = $3 AND kind = $4 AND day = $5 ORDER BY seq DESC",
        )
        .bind(definition)
        .bind(cell.camera)
        .bind(cell.zone)
        .bind(word(&cell.kind))
        .bind(day)
        .fetch_all(&self.pool)
        .await?;
        let read = |row: &AnyRow| {
            Ok(Restatement {
                old_as_of_ms: row.try_get("old_as_of_ms")?,
                as_of_ms: row.try_get("as_of_ms")?,
                changed: json_column(row, "changed")?,
            })
        };
        rows.iter().map(read).collect()
    }
}

impl Tx {
    async fn put_restatement(
        &mut self,
        definition: i64,
        row: &DayRow,
        restated: &Restatement,
        old_facts: &str,
    ) -> Result<(), sqlx::Error> {
        let seq = self.next("restatements").await?;
        sqlx::query(
            "INSERT INTO clearance_restatements (seq, definition, camera, zone, kind, day, old_as_of_ms, as_of_ms, changed, \
             old_facts) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(seq)
        .bind(definition)
        .bind(row.camera.clone())
        .bind(row.zone.clone())
        .bind(word(&row.kind))
        .bind(row.day.clone())
        .bind(restated.old_as_of_ms)
        .bind(restated.as_of_ms)
        .bind(restated.changed.to_string())
        .bind(old_facts)
        .execute(self.db())
        .await
        .map(drop)
    }
}
