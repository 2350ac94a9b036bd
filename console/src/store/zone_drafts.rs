//! Drafts of zones: one open draft a camera, changed only by who has seen its last revision.

use serde_json::{Value, json};
use sqlx::Row;
use sqlx::any::AnyRow;

use super::audit::Deed;
use super::{Store, Tx, json_column, word_column};
use crate::auth::Actor;
use crate::clock::rfc3339;
use crate::dto::{DraftEvent, DraftState, LiveKind, SaveDraft, word};
use crate::error::{ApiError, refused};
use crate::zones::{Plan, kept, plan};

/// States in which a draft is the camera's open one.
const OPEN: &str = "('editing', 'submitted', 'approved')";

/// A draft as kept.
#[derive(Debug, Clone)]
pub(crate) struct StoredDraft {
    pub(crate) id: String,
    pub(crate) camera: String,
    pub(crate) base_version: i64,
    pub(crate) revision: i64,
    pub(crate) state: DraftState,
    pub(crate) plan: Plan,
    pub(crate) note: Option<String>,
    pub(crate) author_ids: Vec<String>,
    pub(crate) author: String,
    pub(crate) restores: Option<i64>,
    pub(crate) effective_ms: Option<i64>,
    pub(crate) approver: Option<String>,
    pub(crate) updated_ms: i64,
}

fn stored(row: &AnyRow) -> Result<StoredDraft, sqlx::Error> {
    Ok(StoredDraft {
        id: row.try_get("id")?,
        camera: row.try_get("camera")?,
        base_version: row.try_get("base_version")?,
        revision: row.try_get("revision")?,
        state: word_column(row, "state")?,
        plan: Plan { zones: json_column(row, "zones")?, holidays: json_column(row, "holidays")? },
        note: row.try_get("note")?,
        author_ids: json_column(row, "author_ids")?,
        author: row.try_get("author")?,
        restores: row.try_get("restores")?,
        effective_ms: row.try_get("effective_ms")?,
        approver: row.try_get("approver")?,
        updated_ms: row.try_get("updated_ms")?,
    })
}

pub(super) fn conflict(code: &'static str, message: impl Into<String>, details: Value) -> ApiError {
    ApiError::Conflict { code, message: message.into(), details }
}

/// A step of a draft, as written down.
pub(super) struct Step<'a> {
    pub(super) action: &'static str,
    pub(super) by: &'a str,
    pub(super) note: Option<&'a str>,
}

impl Tx {
    /// The camera's open draft.
    pub(super) async fn open_draft(&mut self, camera: &str) -> Result<Option<StoredDraft>, sqlx::Error> {
        let sql = format!("SELECT * FROM zone_drafts WHERE camera = $1 AND state IN {OPEN}");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(camera).fetch_optional(self.db()).await?;
        row.as_ref().map(stored).transpose()
    }

    /// The open draft at the revision that was seen; else a conflict that says what happened since.
    pub(super) async fn seen_draft(&mut self, camera: &str, seen: i64) -> Result<Option<StoredDraft>, ApiError> {
        let draft = self.open_draft(camera).await?;
        let revision = draft.as_ref().map_or(0, |draft| draft.revision);
        if revision == seen {
            return Ok(draft);
        }
        let details = match &draft {
            Some(draft) => json!({
                "revision": revision, "state": draft.state, "by": draft.author, "at": rfc3339(draft.updated_ms),
                "history": self.draft_history(&draft.id, seen).await?,
            }),
            None => json!({ "revision": 0, "state": null }),
        };
        let message = match &draft {
            Some(draft) => format!("{} has changed this draft meanwhile", draft.author),
            None => "this draft is no longer open".to_owned(),
        };
        Err(conflict("stale", message, details))
    }

    async fn draft_history(&mut self, draft: &str, after: i64) -> Result<Vec<DraftEvent>, sqlx::Error> {
        let sql = "SELECT * FROM zone_draft_events WHERE draft = $1 AND revision > $2 ORDER BY revision";
        let rows = sqlx::query(sql).bind(draft).bind(after).fetch_all(self.db()).await?;
        rows.iter().map(event).collect()
    }

    /// Writes the draft's row and what happened to it.
    pub(super) async fn put_draft(&mut self, draft: &StoredDraft, step: Step<'_>) -> Result<(), sqlx::Error> {
        let now_ms = self.now_ms();
        let json = |value: Value| value.to_string();
        sqlx::query(
            "INSERT INTO zone_drafts (id, camera, base_version, revision, state, zones, holidays, note, author_ids, author, \
             restores, effective_ms, approver, created_ms, updated_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14) \
             ON CONFLICT (id) DO UPDATE SET base_version = $3, revision = $4, state = $5, zones = $6, holidays = $7, note = $8, \
             author_ids = $9, author = $10, restores = $11, effective_ms = $12, approver = $13, updated_ms = $14",
        )
        .bind(draft.id.clone())
        .bind(draft.camera.clone())
        .bind(draft.base_version)
        .bind(draft.revision)
        .bind(word(&draft.state))
        .bind(json(json!(draft.plan.zones)))
        .bind(json(json!(draft.plan.holidays)))
        .bind(draft.note.clone())
        .bind(json(json!(draft.author_ids)))
        .bind(draft.author.clone())
        .bind(draft.restores)
        .bind(draft.effective_ms)
        .bind(draft.approver.clone())
        .bind(now_ms)
        .execute(self.db())
        .await?;
        sqlx::query(
            "INSERT INTO zone_draft_events (draft, revision, at_ms, by_name, action, note) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(draft.id.clone())
        .bind(draft.revision)
        .bind(now_ms)
        .bind(step.by)
        .bind(step.action)
        .bind(step.note.map(str::to_owned))
        .execute(self.db())
        .await?;
        let details = json!({ "draft": draft.id, "revision": draft.revision, "state": draft.state });
        let action = format!("zones.{}", step.action);
        self.audit(Deed { actor: step.by, action: &action, object: &draft.camera, reason: step.note, details }).await?;
        self.live(LiveKind::CameraChanged, json!({ "id": draft.camera, "draft": word(&draft.state) })).await
    }

    /// The live version of a camera that may be drawn on, with its settings.
    pub(super) async fn drawable(&mut self, camera: &str) -> Result<(i64, events::site::Site), ApiError> {
        let (version, text) = self.camera_version(camera).await?;
        let site = kept(&text)?.ok_or_else(|| {
            refused("camera_unknown", "the settings of this camera are not known: take over a site file with it first")
        })?;
        Ok((version, site))
    }
}

fn event(row: &AnyRow) -> Result<DraftEvent, sqlx::Error> {
    Ok(DraftEvent {
        revision: row.try_get("revision")?,
        at: rfc3339(row.try_get("at_ms")?),
        by: row.try_get("by_name")?,
        action: row.try_get("action")?,
        note: row.try_get("note")?,
    })
}

fn checked_note(note: Option<&str>) -> Result<Option<String>, ApiError> {
    match note.map(str::trim) {
        Some(note) if note.chars().count() > 2000 => Err(refused("note_too_long", "a note has at most 2000 characters")),
        Some("") | None => Ok(None),
        Some(note) => Ok(Some(note.to_owned())),
    }
}

pub(super) fn note_of(note: Option<&str>) -> Result<Option<String>, ApiError> {
    checked_note(note)
}

impl Store {
    /// The open draft of a camera, with its history.
    pub(crate) async fn zone_draft(&self, camera: &str) -> Result<Option<(StoredDraft, Vec<DraftEvent>)>, sqlx::Error> {
        let sql = format!("SELECT * FROM zone_drafts WHERE camera = $1 AND state IN {OPEN}");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(camera).fetch_optional(&self.pool).await?;
        let Some(draft) = row.as_ref().map(stored).transpose()? else { return Ok(None) };
        let sql = "SELECT * FROM zone_draft_events WHERE draft = $1 ORDER BY revision";
        let rows = sqlx::query(sql).bind(draft.id.clone()).fetch_all(&self.pool).await?;
        Ok(Some((draft, rows.iter().map(event).collect::<Result<_, _>>()?)))
    }

    /// Keeps a drawing, right or wrong. One that was submitted or approved is being edited again.
    pub(crate) async fn save_draft(&self, camera: &str, save: &SaveDraft, actor: &Actor) -> Result<StoredDraft, ApiError> {
        let note = checked_note(save.note.as_deref())?;
        if save.zones.len() > 100 || save.holidays.len() > 1000 {
            return Err(refused("too_many", "a camera has at most 100 zones and 1000 holidays"));
        }
        let mut tx = self.write().await?;
        let (version, site) = tx.drawable(camera).await?;
        if save.seen_version != version {
            let changes =
                crate::zones::diff(&plan(Some(&site)), &Plan { zones: save.zones.clone(), holidays: save.holidays.clone() });
            let details = json!({ "version": version, "diff": changes });
            return Err(conflict("base_moved", "other zones went live meanwhile", details));
        }
        let known = tx.seen_draft(camera, save.seen_revision).await?;
        let action = if known.is_some() { "saved" } else { "begun" };
        let mut draft = known.unwrap_or_else(|| blank(camera));
        draft.plan = Plan { zones: save.zones.clone(), holidays: save.holidays.clone() };
        draft.note = note;
        draft.base_version = version;
        (draft.state, draft.effective_ms, draft.approver) = (DraftState::Editing, None, None);
        sign(&mut draft, actor);
        tx.put_draft(&draft, Step { action, by: &actor.name, note: None }).await?;
        tx.commit().await?;
        Ok(draft)
    }

    /// Makes an old version the open draft.
    pub(crate) async fn restore_version(
        &self,
        camera: &str,
        old: i64,
        seen: i64,
        note: Option<&str>,
        actor: &Actor,
    ) -> Result<StoredDraft, ApiError> {
        let note = checked_note(note)?;
        let mut tx = self.write().await?;
        let (version, _) = tx.drawable(camera).await?;
        let row = sqlx::query("SELECT site FROM camera_versions WHERE camera = $1 AND version = $2")
            .bind(camera)
            .bind(old)
            .fetch_optional(tx.db())
            .await?
            .ok_or(ApiError::NotFound("version"))?;
        let site = kept(&row.try_get::<String, _>("site")?)?.ok_or(ApiError::NotFound("version"))?;
        let known = tx.seen_draft(camera, seen).await?;
        let mut draft = known.unwrap_or_else(|| blank(camera));
        draft.plan = plan(Some(&site));
        (draft.note, draft.base_version, draft.restores) = (note.clone(), version, Some(old));
        (draft.state, draft.effective_ms, draft.approver) = (DraftState::Editing, None, None);
        sign(&mut draft, actor);
        tx.put_draft(&draft, Step { action: "restored", by: &actor.name, note: note.as_deref() }).await?;
        tx.commit().await?;
        Ok(draft)
    }

    /// Gives a draft up, or hands it back to be edited.
    pub(crate) async fn drop_or_return(
        &self,
        camera: &str,
        seen: i64,
        note: Option<&str>,
        to: DraftState,
        actor: &Actor,
    ) -> Result<StoredDraft, ApiError> {
        let note = checked_note(note)?;
        let returned = to == DraftState::Editing;
        if returned && note.is_none() {
            return Err(refused("note_missing", "say what is to be changed"));
        }
        let mut tx = self.write().await?;
        let mut draft = tx.seen_draft(camera, seen).await?.ok_or(ApiError::NotFound("draft"))?;
        if returned && draft.state == DraftState::Editing {
            return Err(refused("not_submitted", "this draft was not submitted"));
        }
        (draft.state, draft.effective_ms, draft.approver) = (to, None, None);
        draft.revision += 1;
        let action = if returned { "returned" } else { "discarded" };
        tx.put_draft(&draft, Step { action, by: &actor.name, note: note.as_deref() }).await?;
        tx.commit().await?;
        Ok(draft)
    }
}

fn blank(camera: &str) -> StoredDraft {
    StoredDraft {
        id: hex::encode(rand::random::<[u8; 16]>()),
        camera: camera.to_owned(),
        base_version: 0,
        revision: 0,
        state: DraftState::Editing,
        plan: Plan::default(),
        note: None,
        author_ids: Vec::new(),
        author: String::new(),
        restores: None,
        effective_ms: None,
        approver: None,
        updated_ms: 0,
    }
}

/// Notes who had a hand in it.
fn sign(draft: &mut StoredDraft, actor: &Actor) {
    draft.revision += 1;
    draft.author.clone_from(&actor.name);
    if !draft.author_ids.contains(&actor.id) {
        draft.author_ids.push(actor.id.clone());
    }
}
