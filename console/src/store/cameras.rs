//! Cameras as site files with versions, their health, and what the overview counts.

use events::site::{Camera, Site};
use serde_json::json;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::audit::Deed;
use super::register::mode_now;
use super::{Bind, Conditions, Scope, Store, Tx, like, word_column, word_column_opt};
use crate::clock::rfc3339;
use crate::dto::{
    CameraQuery, CameraSummary, CandidateState, Health, ImportedSite, Kind, KindCount, LiveKind, Overview, Watching,
};

/// Counts open candidates that no permit covers.
const OPEN: &str = "(SELECT CAST(COALESCE(SUM(k.n), 0) AS BIGINT) FROM candidate_counts k \
    WHERE k.camera = c.id AND k.state = 'open' AND k.permitted = 0)";
/// Counts zones.
const ZONES: &str = "(SELECT COUNT(*) FROM zones z WHERE z.camera = c.id)";

/// What candidates copy from their camera and zone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place {
    pub(crate) camera_name: String,
    pub(crate) district: String,
    pub(crate) street: String,
    pub(crate) zone_name: String,
    pub(crate) key_area: bool,
}

/// A site file with just this camera: the form in which cameras are kept and sent.
fn one_camera(site: &Site, camera: &Camera) -> String {
    Site { calendar: site.calendar.clone(), cameras: vec![camera.clone()] }.to_toml()
}

/// Does a kept site text say the same of this camera's zones, hours and holidays?
fn same_zones(kept: &str, site: &Site, camera: &Camera) -> bool {
    let Ok(kept) = Site::parse("kept settings", kept) else { return false };
    let versions = |camera: &Camera| camera.zones.iter().map(|zone| zone.version.clone()).collect::<Vec<_>>();
    let same = |other: &Camera| versions(other) == versions(camera);
    kept.cameras.first().is_some_and(same)
        && kept.calendar.holidays == site.calendar.holidays
        && kept.calendar.time_zone == site.calendar.time_zone
}

fn watching(health: Option<Health>, last_seen_ms: Option<i64>, since_ms: i64) -> Watching {
    match (health, last_seen_ms) {
        (Some(Health::Ok), Some(seen)) if seen >= since_ms => Watching::Watching,
        (Some(Health::Ok) | None, _) => Watching::Unknown,
        (Some(_), _) => Watching::Dark,
    }
}

fn summary(row: &AnyRow, since_ms: i64) -> Result<CameraSummary, sqlx::Error> {
    let health: Option<Health> = word_column_opt(row, "health")?;
    let last_seen_ms: Option<i64> = row.try_get("last_seen_ms")?;
    Ok(CameraSummary {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        district: row.try_get("district")?,
        street: row.try_get("street")?,
        watching: watching(health, last_seen_ms, since_ms),
        health,
        health_since: row.try_get::<Option<i64>, _>("health_ms")?.map(rfc3339),
        last_seen_at: last_seen_ms.map(rfc3339),
        evidence_mode: super::register::mode_of(row)?,
        version: row.try_get("version")?,
        zones: row.try_get("zones")?,
        open: row.try_get("open_count")?,
    })
}

impl Tx {
    /// Makes sure there is a row for the camera: a camera may speak before its settings are known.
    pub(crate) async fn know_camera(&mut self, camera: &str) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO cameras (id, name, district, street, version, site, evidence_mode) \
             VALUES ($1, $2, '', '', 0, '', 'clue_only') ON CONFLICT (id) DO NOTHING",
        )
        .bind(camera)
        .bind(camera)
        .execute(self.db())
        .await?;
        Ok(())
    }

    /// The camera was heard of.
    pub(crate) async fn heard_of(&mut self, camera: &str, at_ms: i64) -> Result<(), sqlx::Error> {
        self.know_camera(camera).await?;
        sqlx::query("UPDATE cameras SET last_seen_ms = $1 WHERE id = $2 AND (last_seen_ms IS NULL OR last_seen_ms < $1)")
            .bind(at_ms)
            .bind(camera)
            .execute(self.db())
            .await?;
        Ok(())
    }

    /// What candidates copy from their camera and zone.
    pub(crate) async fn place(&mut self, camera: &str, zone: &str) -> Result<Place, sqlx::Error> {
        let row = sqlx::query(
            "SELECT c.name, c.district, c.street, z.name AS zone_name, z.key_area FROM cameras c \
             LEFT JOIN zones z ON z.camera = c.id AND z.zone = $1 WHERE c.id = $2",
        )
        .bind(zone)
        .bind(camera)
        .fetch_optional(self.db())
        .await?;
        let Some(row) = row else { return Ok(Place::default()) };
        Ok(Place {
            camera_name: row.try_get("name")?,
            district: row.try_get("district")?,
            street: row.try_get("street")?,
            zone_name: row.try_get::<Option<String>, _>("zone_name")?.unwrap_or_else(|| zone.to_owned()),
            key_area: row.try_get::<Option<i64>, _>("key_area")?.unwrap_or(0) != 0,
        })
    }

    /// Takes over a camera's settings under this version. Candidates that came before their camera was known learn its place.
    pub(crate) async fn put_camera(&mut self, camera: &Camera, site: &str, version: i64, by: &str) -> Result<(), sqlx::Error> {
        let id = camera.id.as_str();
        self.know_camera(id).await?;
        sqlx::query(
            "UPDATE cameras SET name = $1, district = $2, street = $3, version = $4, site = $5, retired = 0 WHERE id = $6",
        )
        .bind(camera.name.clone())
        .bind(camera.district.clone())
        .bind(camera.street.clone())
        .bind(version)
        .bind(site)
        .bind(id)
        .execute(self.db())
        .await?;
        let now_ms = self.now_ms();
        sqlx::query("INSERT INTO camera_versions (camera, version, site, at_ms, by_name) VALUES ($1, $2, $3, $4, $5)")
            .bind(id)
            .bind(version)
            .bind(site)
            .bind(now_ms)
            .bind(by)
            .execute(self.db())
            .await?;
        self.know_units(&camera.district, &camera.street).await?;
        sqlx::query("DELETE FROM zones WHERE camera = $1").bind(id).execute(self.db()).await?;
        for zone in &camera.zones {
            sqlx::query("INSERT INTO zones (camera, zone, name, key_area) VALUES ($1, $2, $3, $4)")
                .bind(id)
                .bind(zone.id.as_str())
                .bind(zone.name.clone())
                .bind(i64::from(zone.key_area))
                .execute(self.db())
                .await?;
            sqlx::query(
                "UPDATE candidates SET camera_name = $1, district = $2, street = $3, zone_name = $4, key_area = $5 \
                 WHERE camera = $6 AND zone = $7 AND district = ''",
            )
            .bind(camera.name.clone())
            .bind(camera.district.clone())
            .bind(camera.street.clone())
            .bind(zone.name.clone())
            .bind(i64::from(zone.key_area))
            .bind(id)
            .bind(zone.id.as_str())
            .execute(self.db())
            .await?;
            self.set_clocks_of_zone(id, zone.id.as_str()).await?;
        }
        self.live(LiveKind::CameraChanged, json!({ "id": id, "version": version })).await
    }

    /// The version and text of a camera's settings; 0 and empty while none are known.
    pub(crate) async fn camera_version(&mut self, camera: &str) -> Result<(i64, String), sqlx::Error> {
        let row = sqlx::query("SELECT version, site FROM cameras WHERE id = $1").bind(camera).fetch_optional(self.db()).await?;
        match row {
            Some(row) => Ok((row.try_get("version")?, row.try_get("site")?)),
            None => Ok((0, String::new())),
        }
    }
}

impl Store {
    /// Takes over the cameras of a site: new and changed ones get the next version and go out on the bus.
    pub(crate) async fn import_site(&self, site: &Site, by: &str) -> Result<ImportedSite, sqlx::Error> {
        let mut tx = self.write().await?;
        let mut done = ImportedSite { changed: Vec::new(), unchanged: Vec::new() };
        for camera in &site.cameras {
            let text = one_camera(site, camera);
            let id = camera.id.to_string();
            let (version, kept) = tx.camera_version(&id).await?;
            if kept == text {
                done.unchanged.push(id);
                continue;
            }
            let version = version + 1;
            tx.put_camera(camera, &text, version, by).await?;
            tx.send_camera(&id, version, text).await?;
            let details = json!({ "version": version });
            tx.audit(Deed { actor: by, action: "camera.put", object: &id, reason: None, details }).await?;
            done.changed.push(id);
        }
        tx.commit().await?;
        Ok(done)
    }

    /// Takes over the cameras of the site file that this process was started with, but only those it says something new of:
    /// zones that were edited here since are not put back by a restart.
    pub(crate) async fn import_site_file(&self, site: &Site, by: &str) -> Result<ImportedSite, sqlx::Error> {
        let mut news = Site { calendar: site.calendar.clone(), cameras: Vec::new() };
        let (mut unchanged, mut elsewhere) = (Vec::new(), Vec::new());
        for camera in &site.cameras {
            let kept = sqlx::query("SELECT site FROM site_file_cameras WHERE camera = $1")
                .bind(camera.id.as_str())
                .fetch_optional(&self.pool)
                .await?;
            let kept: Option<String> = kept.map(|row| row.try_get("site")).transpose()?;
            match kept {
                Some(kept) if kept == one_camera(site, camera) => unchanged.push(camera.id.to_string()),
                // Another address or name, but the zones say what they said: those that were drawn here stay.
                Some(kept) if same_zones(&kept, site, camera) => elsewhere.push(camera.clone()),
                _ => news.cameras.push(camera.clone()),
            }
        }
        let mut done = self.import_site(&news, by).await?;
        for camera in &elsewhere {
            let text = match self.camera(camera.id.as_str(), 0).await? {
                Some((_, text)) if !text.is_empty() => text,
                _ => one_camera(site, camera),
            };
            let mut mine = Site::parse("kept settings", &text).unwrap_or_else(|_| site.clone());
            let zones = mine.cameras.first().map(|kept| kept.zones.clone()).unwrap_or_default();
            mine.cameras = vec![Camera { zones, ..camera.clone() }];
            done.changed.extend(self.import_site(&mine, by).await?.changed);
        }
        news.cameras.extend(elsewhere);
        let mut tx = self.write().await?;
        for camera in &news.cameras {
            let put = "INSERT INTO site_file_cameras (camera, site) VALUES ($1, $2) ON CONFLICT (camera) DO UPDATE SET site = $2";
            sqlx::query(put).bind(camera.id.as_str()).bind(one_camera(site, camera)).execute(tx.db()).await?;
        }
        tx.commit().await?;
        done.unchanged.extend(unchanged);
        Ok(done)
    }

    /// A page of cameras by id, after the one named.
    pub(crate) async fn cameras(
        &self,
        scope: &Scope,
        query: &CameraQuery,
        want: Option<Watching>,
        after: Option<String>,
        limit: i64,
        since_ms: i64,
    ) -> Result<Vec<CameraSummary>, sqlx::Error> {
        let mut conditions = Conditions::within(scope, "c");
        conditions.and("c.retired = 0", []);
        for (column, value) in [("c.district", &query.district), ("c.street", &query.street)] {
            if let Some(value) = value {
                conditions.and(&format!("{column} = ?"), [Bind::Text(value.clone())]);
            }
        }
        if let Some(q) = &query.q {
            let pattern = Bind::Text(format!("%{}%", like(&q.to_lowercase())));
            conditions.and("(c.id LIKE ? ESCAPE '!' OR LOWER(c.name) LIKE ? ESCAPE '!')", [pattern.clone(), pattern]);
        }
        match want {
            Some(Watching::Watching) => conditions.and("c.health = 'ok' AND c.last_seen_ms >= ?", [Bind::Int(since_ms)]),
            Some(Watching::Dark) => conditions.and("c.health IS NOT NULL AND c.health <> 'ok'", []),
            Some(Watching::Unknown) => conditions.and(
                "(c.health IS NULL OR (c.health = 'ok' AND (c.last_seen_ms IS NULL OR c.last_seen_ms < ?)))",
                [Bind::Int(since_ms)],
            ),
            None => {}
        }
        if let Some(after) = after {
            conditions.and("c.id > ?", [Bind::Text(after)]);
        }
        let sql = format!(
            "SELECT c.*, {OPEN} AS open_count, {ZONES} AS zones, {} FROM cameras c{} ORDER BY c.id LIMIT {limit}",
            mode_now(self.clock.now_ms()),
            conditions.sql()
        );
        let rows = conditions.query(sql).fetch_all(&self.pool).await?;
        rows.iter().map(|row| summary(row, since_ms)).collect()
    }

    /// A camera and the text of its settings.
    pub(crate) async fn camera(&self, id: &str, since_ms: i64) -> Result<Option<(CameraSummary, String)>, sqlx::Error> {
        let mut conditions = Conditions::everywhere();
        conditions.and("c.id = ?", [Bind::Text(id.to_owned())]);
        let covered = mode_now(self.clock.now_ms());
        let sql = format!("SELECT c.*, {OPEN} AS open_count, {ZONES} AS zones, {covered} FROM cameras c{}", conditions.sql());
        let Some(row) = conditions.query(sql).fetch_optional(&self.pool).await? else { return Ok(None) };
        Ok(Some((summary(&row, since_ms)?, row.try_get("site")?)))
    }

    /// Settings of cameras in use, by id, each with its id.
    pub(crate) async fn site_texts(
        &self,
        scope: &Scope,
        district: Option<&str>,
        street: Option<&str>,
    ) -> Result<Vec<(String, String)>, sqlx::Error> {
        let mut conditions = Conditions::within(scope, "c");
        conditions.and("c.retired = 0 AND c.site <> ''", []);
        for (column, value) in [("c.district", district), ("c.street", street)] {
            if let Some(value) = value {
                conditions.and(&format!("{column} = ?"), [Bind::Text(value.to_owned())]);
            }
        }
        let sql = format!("SELECT c.id, c.site FROM cameras c{} ORDER BY c.id", conditions.sql());
        let rows = conditions.query(sql).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((row.try_get("id")?, row.try_get("site")?))).collect()
    }

    /// The latest still of a camera: candidate and file.
    pub(crate) async fn latest_still(&self, camera: &str) -> Result<Option<(String, String)>, sqlx::Error> {
        let row = sqlx::query(
            "SELECT e.candidate, e.file FROM candidates k JOIN evidence_items e ON e.candidate = k.id AND e.role = 'trigger' \
             WHERE k.camera = $1 AND k.gone_rule IS NULL ORDER BY k.raised_ms DESC LIMIT 1",
        )
        .bind(camera)
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| Ok((row.try_get("candidate")?, row.try_get("file")?))).transpose()
    }

    /// Open ones of each kind, and escalated ones; without those a permit covers.
    async fn undecided(&self, scope: &Scope) -> Result<(Vec<KindCount>, i64), sqlx::Error> {
        let mut conditions = Conditions::within(scope, "k");
        conditions.and("k.permitted = 0 AND k.state IN ('open', 'escalated')", []);
        let sql = format!(
            "SELECT k.kind, k.state, CAST(SUM(k.n) AS BIGINT) AS n FROM candidate_counts k{} GROUP BY k.kind, k.state",
            conditions.sql()
        );
        let mut by_kind: Vec<KindCount> =
            events::Kind::ALL.into_iter().map(|kind| KindCount { kind: Kind::from(kind), open: 0 }).collect();
        let mut escalated = 0;
        for row in conditions.query(sql).fetch_all(&self.pool).await? {
            let (kind, n): (Kind, i64) = (word_column(&row, "kind")?, row.try_get("n")?);
            if word_column::<CandidateState>(&row, "state")? == CandidateState::Escalated {
                escalated += n;
                continue;
            }
            for slot in by_kind.iter_mut().filter(|slot| slot.kind == kind) {
                slot.open += n;
            }
        }
        Ok((by_kind, escalated))
    }

    /// When the oldest open one was raised.
    async fn oldest_open(&self, scope: &Scope) -> Result<Option<i64>, sqlx::Error> {
        let mut conditions = Conditions::within(scope, "k");
        conditions.and("k.state = 'open' AND k.permitted = 0", []);
        let sql = format!("SELECT k.raised_ms FROM candidates k{} ORDER BY k.raised_ms LIMIT 1", conditions.sql());
        let row = conditions.query(sql).fetch_optional(&self.pool).await?;
        row.map(|row| row.try_get("raised_ms")).transpose()
    }

    /// Is an empty queue good news?
    pub(crate) async fn overview(&self, scope: &Scope, since_ms: i64) -> Result<Overview, sqlx::Error> {
        let now_ms = self.clock.now_ms();
        let mut conditions = Conditions::within(scope, "m");
        conditions.and("m.retired = 0", []);
        let sql = format!("SELECT m.health, m.last_seen_ms FROM cameras m{}", conditions.sql());
        let cameras = conditions.query(sql).fetch_all(&self.pool).await?;
        let mut counts = [0i64; 3];
        for row in &cameras {
            let slot = match watching(word_column_opt(row, "health")?, row.try_get("last_seen_ms")?, since_ms) {
                Watching::Watching => 0,
                Watching::Dark => 1,
                Watching::Unknown => 2,
            };
            counts[slot] += 1;
        }
        let (by_kind, escalated) = self.undecided(scope).await?;
        let oldest = self.oldest_open(scope).await?;
        let mut conditions = Conditions::within(scope, "k");
        conditions.and("l.until_ms > ? AND k.state = 'open' AND k.permitted = 0", [Bind::Int(now_ms)]);
        let sql = format!("SELECT COUNT(*) AS n FROM claims l JOIN candidates k ON k.id = l.candidate{}", conditions.sql());
        let claimed: i64 = conditions.query(sql).fetch_one(&self.pool).await?.try_get("n")?;
        let mut conditions = Conditions::within(scope, "s");
        conditions.and("s.state = 'opened'", []);
        let sql = format!("SELECT CAST(COALESCE(SUM(s.n), 0) AS BIGINT) AS n FROM case_counts s{}", conditions.sql());
        let cases_opened: i64 = conditions.query(sql).fetch_one(&self.pool).await?.try_get("n")?;
        let count =
            async |sql: &'static str| -> Result<i64, sqlx::Error> { sqlx::query(sql).fetch_one(&self.pool).await?.try_get("n") };
        let last: i64 = count("SELECT value AS n FROM heads WHERE name = 'messages'").await?;
        Ok(Overview {
            cameras: counts.iter().sum(),
            watching: counts[0],
            dark: counts[1],
            unknown: counts[2],
            open: by_kind.iter().map(|slot| slot.open).sum(),
            claimed,
            escalated,
            oldest_open_at: oldest.map(rfc3339),
            by_kind,
            cases_opened,
            last_message_at: (last > 0).then(|| rfc3339(last)),
            dead_letters: count("SELECT COUNT(*) AS n FROM dead_letters").await?,
            outbox_waiting: count("SELECT COUNT(*) AS n FROM outbox").await?,
            server_time: rfc3339(now_ms),
        })
    }
}
