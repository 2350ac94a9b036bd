//! From an approved draft to a live version, in one transaction with the message that takes it to the workers; and back.

use bus::Message;
use events::site::{Camera, Site};
use events::wire::v1::{self, CameraData, topic};
use serde_json::json;
use sqlx::Row;

use super::audit::Deed;
use super::outbox::SOURCE;
use super::zone_drafts::{Step, StoredDraft, conflict, note_of};
use super::{Scope, Store, Tx};
use crate::auth::Actor;
use crate::clock::rfc3339;
use crate::dto::{ApprovalSetting, DraftState, DraftStepped, ZoneVersion};
use crate::error::{ApiError, refused};
use crate::zones::{Plan, diff, kept, plan};

/// Most versions that are listed.
const VERSIONS: i64 = 100;

/// Nobody plans zones further ahead, milliseconds.
const YEAR_MS: i64 = 366 * 86_400_000;

impl Tx {
    /// Puts a camera's next version on its way to the workers.
    pub(super) async fn send_camera(&mut self, camera: &str, version: i64, site: String) -> Result<(), sqlx::Error> {
        let data = CameraData { camera: camera.to_owned(), version: version.unsigned_abs(), site };
        let time = rfc3339(self.now_ms());
        self.send(&Message {
            topic: topic::CAMERAS.to_owned(),
            key: camera.to_owned(),
            id: format!("{camera}-{version}"),
            kind: v1::CAMERA.to_owned(),
            source: SOURCE.to_owned(),
            time,
            data: Some(serde_json::to_vec(&data).expect("a camera is JSON")),
        })
        .await
    }

    async fn approval_required(&mut self, district: &str) -> Result<bool, sqlx::Error> {
        let row = sqlx::query("SELECT required FROM zone_approval WHERE district = $1")
            .bind(district)
            .fetch_optional(self.db())
            .await?;
        row.map_or(Ok(true), |row| Ok(row.try_get::<i64, _>("required")? != 0))
    }

    /// The draft goes live: version, zones, message, history, audit.
    async fn publish(&mut self, mut draft: StoredDraft, by: &str, note: Option<&str>) -> Result<(StoredDraft, i64), ApiError> {
        let (version, site) = self.drawable(&draft.camera).await?;
        stands_on(&draft, version, &site)?;
        let site = draft.plan.applied(&site)?;
        let camera: &Camera = site.cameras.first().ok_or(ApiError::NotFound("camera"))?;
        let text = site.to_toml();
        let next = version + 1;
        self.put_camera(camera, &text, next, by).await?;
        self.send_camera(&draft.camera, next, text).await?;
        let insert = "INSERT INTO zone_publications (camera, version, draft, author, approver, note, restores) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7)";
        sqlx::query(insert)
            .bind(draft.camera.clone())
            .bind(next)
            .bind(draft.id.clone())
            .bind(draft.author.clone())
            .bind(draft.approver.clone())
            .bind(draft.note.clone())
            .bind(draft.restores)
            .execute(self.db())
            .await?;
        draft.state = DraftState::Published;
        draft.revision += 1;
        self.put_draft(&draft, Step { action: "published", by, note }).await?;
        Ok((draft, next))
    }

    /// What a submission or approval leads to: live at once, or at its time.
    async fn release(
        &mut self,
        mut draft: StoredDraft,
        action: &'static str,
        actor: &Actor,
        note: Option<&str>,
    ) -> Result<DraftStepped, ApiError> {
        let later = draft.effective_ms.is_some_and(|at| at > self.now_ms());
        draft.state = DraftState::Approved;
        draft.revision += 1;
        self.put_draft(&draft, Step { action, by: &actor.name, note }).await?;
        if later {
            return Ok(DraftStepped { state: draft.state, revision: draft.revision, version: None });
        }
        let (draft, version) = self.publish(draft, &actor.name, note).await?;
        Ok(DraftStepped { state: draft.state, revision: draft.revision, version: Some(version) })
    }
}

/// Was it drawn over what is live?
fn stands_on(draft: &StoredDraft, version: i64, site: &Site) -> Result<(), ApiError> {
    if draft.base_version == version {
        return Ok(());
    }
    let details = json!({ "version": version, "base_version": draft.base_version, "diff": diff(&plan(Some(site)), &draft.plan) });
    Err(conflict(
        "base_moved",
        "other zones went live since this was drawn: look at what it would change now, and save it again",
        details,
    ))
}

impl Store {
    /// Hands a draft in; where its district asks for no second person, it goes live.
    pub(crate) async fn submit_draft(
        &self,
        camera: &str,
        seen: i64,
        note: Option<&str>,
        effective_ms: Option<i64>,
        actor: &Actor,
    ) -> Result<DraftStepped, ApiError> {
        let note = note_of(note)?;
        let mut tx = self.write().await?;
        if effective_ms.is_some_and(|at| at > tx.now_ms() + YEAR_MS) {
            return Err(refused("too_far", "zones are planned at most a year ahead"));
        }
        let mut draft = tx.seen_draft(camera, seen).await?.ok_or(ApiError::NotFound("draft"))?;
        if draft.state != DraftState::Editing {
            return Err(refused("not_editing", "this draft was handed in already"));
        }
        let (version, site) = tx.drawable(camera).await?;
        stands_on(&draft, version, &site)?;
        draft.plan.applied(&site)?;
        if diff(&plan(Some(&site)), &draft.plan).is_empty() {
            return Err(refused("nothing_changed", "this draft is the same as what is live"));
        }
        draft.effective_ms = effective_ms.filter(|at| *at > tx.now_ms());
        if note.is_some() {
            draft.note.clone_from(&note);
        }
        let district = site.cameras.first().map(|camera| camera.district.clone()).unwrap_or_default();
        let done = if tx.approval_required(&district).await? {
            draft.state = DraftState::Submitted;
            draft.revision += 1;
            tx.put_draft(&draft, Step { action: "submitted", by: &actor.name, note: note.as_deref() }).await?;
            DraftStepped { state: draft.state, revision: draft.revision, version: None }
        } else {
            tx.release(draft, "submitted", actor, note.as_deref()).await?
        };
        tx.commit().await?;
        Ok(done)
    }

    /// Approves what somebody else drew.
    pub(crate) async fn approve_draft(
        &self,
        camera: &str,
        seen: i64,
        note: Option<&str>,
        actor: &Actor,
    ) -> Result<DraftStepped, ApiError> {
        let note = note_of(note)?;
        let mut tx = self.write().await?;
        let mut draft = tx.seen_draft(camera, seen).await?.ok_or(ApiError::NotFound("draft"))?;
        if draft.state != DraftState::Submitted {
            return Err(refused("not_submitted", "only a draft that was handed in can be approved"));
        }
        if draft.author_ids.contains(&actor.id) {
            return Err(refused("own_draft", "whoever had a hand in a draft does not approve it"));
        }
        let (version, site) = tx.drawable(camera).await?;
        stands_on(&draft, version, &site)?;
        draft.approver = Some(actor.name.clone());
        let done = tx.release(draft, "approved", actor, note.as_deref()).await?;
        tx.commit().await?;
        Ok(done)
    }

    /// Makes live what was approved for a time that has come. One that no longer stands on what is live goes back to its author.
    pub(crate) async fn publish_due(&self) -> Result<usize, ApiError> {
        let now_ms = self.clock().now_ms();
        let due =
            "SELECT camera FROM zone_drafts WHERE state = 'approved' AND effective_ms <= $1 ORDER BY effective_ms LIMIT 100";
        let rows = sqlx::query(due).bind(now_ms).fetch_all(&self.pool).await?;
        let mut published = 0;
        for row in rows {
            let camera: String = row.try_get("camera")?;
            let mut tx = self.write().await?;
            let Some(mut draft) = tx.open_draft(&camera).await? else { continue };
            // Another console may have been faster.
            if draft.state != DraftState::Approved || draft.effective_ms.is_none_or(|at| at > now_ms) {
                continue;
            }
            let (version, _) = tx.drawable(&camera).await?;
            if draft.base_version == version {
                tx.publish(draft, "system", None).await?;
                published += 1;
            } else {
                (draft.state, draft.effective_ms, draft.approver) = (DraftState::Editing, None, None);
                draft.revision += 1;
                let note = Some("other zones went live before its time came");
                tx.put_draft(&draft, Step { action: "returned", by: "system", note }).await?;
            }
            tx.commit().await?;
        }
        Ok(published)
    }

    /// Versions of a camera's settings, newest first, each with what it changed.
    pub(crate) async fn zone_versions(&self, camera: &str) -> Result<Vec<ZoneVersion>, ApiError> {
        let sql = "SELECT v.version, v.site, v.at_ms, v.by_name, p.author, p.approver, p.note, p.restores FROM camera_versions v \
                   LEFT JOIN zone_publications p ON p.camera = v.camera AND p.version = v.version \
                   WHERE v.camera = $1 ORDER BY v.version DESC LIMIT $2";
        let rows = sqlx::query(sql).bind(camera).bind(VERSIONS + 1).fetch_all(&self.pool).await?;
        let plans: Vec<Plan> = rows
            .iter()
            .map(|row| Ok(plan(kept(&row.try_get::<String, _>("site")?)?.as_ref())))
            .collect::<Result<_, ApiError>>()?;
        let nothing = Plan::default();
        let mut items = Vec::new();
        for (index, row) in rows.iter().enumerate().take(usize::try_from(VERSIONS).unwrap_or(usize::MAX)) {
            items.push(ZoneVersion {
                version: row.try_get("version")?,
                at: rfc3339(row.try_get("at_ms")?),
                by: row.try_get("by_name")?,
                author: row.try_get("author")?,
                approver: row.try_get("approver")?,
                note: row.try_get("note")?,
                restores: row.try_get("restores")?,
                diff: diff(plans.get(index + 1).unwrap_or(&nothing), &plans[index]),
            });
        }
        Ok(items)
    }

    /// Must another person approve zones of this district?
    pub(crate) async fn zone_approval_required(&self, district: &str) -> Result<bool, sqlx::Error> {
        let row = sqlx::query("SELECT required FROM zone_approval WHERE district = $1")
            .bind(district)
            .fetch_optional(&self.pool)
            .await?;
        row.map_or(Ok(true), |row| Ok(row.try_get::<i64, _>("required")? != 0))
    }

    /// The setting of every district that has cameras or a setting.
    pub(crate) async fn zone_approvals(&self, scope: &Scope) -> Result<Vec<ApprovalSetting>, sqlx::Error> {
        let sql = "SELECT d.district, a.required, a.version, a.by_name, a.at_ms FROM \
                   (SELECT district FROM cameras WHERE district <> '' AND retired = 0 UNION SELECT district FROM zone_approval) d \
                   LEFT JOIN zone_approval a ON a.district = d.district ORDER BY d.district";
        let rows = sqlx::query(sql).fetch_all(&self.pool).await?;
        let all: Vec<ApprovalSetting> = rows
            .iter()
            .map(|row| {
                Ok(ApprovalSetting {
                    district: row.try_get("district")?,
                    required: row.try_get::<Option<i64>, _>("required")?.is_none_or(|required| required != 0),
                    version: row.try_get::<Option<i64>, _>("version")?.unwrap_or(0),
                    by: row.try_get("by_name")?,
                    at: row.try_get::<Option<i64>, _>("at_ms")?.map(rfc3339),
                })
            })
            .collect::<Result<_, sqlx::Error>>()?;
        Ok(all.into_iter().filter(|setting| scope.holds(&setting.district, "")).collect())
    }

    /// Sets whether another person must approve.
    pub(crate) async fn set_zone_approval(
        &self,
        district: &str,
        required: bool,
        seen: i64,
        actor: &Actor,
    ) -> Result<ApprovalSetting, ApiError> {
        let mut tx = self.write().await?;
        let known = sqlx::query("SELECT required, version, by_name FROM zone_approval WHERE district = $1")
            .bind(district)
            .fetch_optional(tx.db())
            .await?;
        let version: i64 = known.as_ref().map_or(Ok(0), |row| row.try_get("version"))?;
        if version != seen {
            let by: Option<String> = known.as_ref().map(|row| row.try_get("by_name")).transpose()?;
            let details = json!({ "version": version, "by": by });
            return Err(conflict("stale", "somebody has set this meanwhile", details));
        }
        let cameras =
            sqlx::query("SELECT 1 AS n FROM cameras WHERE district = $1").bind(district).fetch_optional(tx.db()).await?;
        if known.is_none() && cameras.is_none() {
            return Err(ApiError::NotFound("district"));
        }
        let now_ms = tx.now_ms();
        sqlx::query(
            "INSERT INTO zone_approval (district, required, version, by_name, at_ms) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (district) DO UPDATE SET required = $2, version = $3, by_name = $4, at_ms = $5",
        )
        .bind(district)
        .bind(i64::from(required))
        .bind(version + 1)
        .bind(actor.name.clone())
        .bind(now_ms)
        .execute(tx.db())
        .await?;
        let details = json!({ "required": required });
        tx.audit(Deed { actor: &actor.name, action: "zones.approval", object: district, reason: None, details }).await?;
        tx.commit().await?;
        Ok(ApprovalSetting {
            district: district.to_owned(),
            required,
            version: version + 1,
            by: Some(actor.name.clone()),
            at: Some(rfc3339(now_ms)),
        })
    }
}
