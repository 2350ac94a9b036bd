//! Areas and the zones that show them.

use std::collections::{BTreeSet, HashMap};

use serde_json::json;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::audit::Deed;
use super::{Bind, Conditions, Scope, Store, Tx, word_column_opt};
use crate::areas::AreaRow;
use crate::auth::Actor;
use crate::clock::rfc3339;
use crate::dto::{Area, AreaChange, AreaZone, ControlGrade, FreeZone, NewArea, PlaceType, ZoneArea, ZoneRef, word};
use crate::error::ApiError;

fn area_zone(row: &AnyRow) -> Result<AreaZone, sqlx::Error> {
    let (camera, zone): (String, String) = (row.try_get("camera")?, row.try_get("zone")?);
    Ok(AreaZone {
        camera_name: row.try_get::<Option<String>, _>("camera_name")?.unwrap_or_else(|| camera.clone()),
        zone_name: row.try_get::<Option<String>, _>("zone_name")?.unwrap_or_else(|| zone.clone()),
        camera,
        zone,
    })
}

impl Store {
    /// The areas of a scope; one of them where it is named.
    pub(crate) async fn areas(&self, scope: &Scope, id: Option<&str>) -> Result<Vec<Area>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT z.area, z.camera, z.zone, c.name AS camera_name, s.name AS zone_name FROM area_zones z \
             LEFT JOIN cameras c ON c.id = z.camera LEFT JOIN zones s ON s.camera = z.camera AND s.zone = z.zone \
             ORDER BY z.camera, z.zone",
        )
        .fetch_all(&self.pool)
        .await?;
        let mut zones: HashMap<String, Vec<AreaZone>> = HashMap::new();
        for row in &rows {
            zones.entry(row.try_get("area")?).or_default().push(area_zone(row)?);
        }
        let mut conditions = Conditions::within(scope, "a");
        if let Some(id) = id {
            conditions.and("a.id = ?", [Bind::Text(id.to_owned())]);
        }
        let sql = format!("SELECT a.* FROM areas a{} ORDER BY a.district, a.street, a.name", conditions.sql());
        let rows = conditions.query(sql).fetch_all(&self.pool).await?;
        let mut read = |row: &AnyRow| {
            let id: String = row.try_get("id")?;
            Ok(Area {
                zones: zones.remove(&id).unwrap_or_default(),
                id,
                name: row.try_get("name")?,
                district: row.try_get("district")?,
                street: row.try_get("street")?,
                grade: word_column_opt(row, "grade")?,
                place: word_column_opt(row, "place")?,
                version: row.try_get("version")?,
                at: rfc3339(row.try_get("at_ms")?),
                by: row.try_get("by_name")?,
                note: row.try_get("note")?,
            })
        };
        rows.iter().map(&mut read).collect()
    }

    /// The areas that a camera's zones show.
    pub(crate) async fn areas_of_camera(&self, scope: &Scope, camera: &str) -> Result<Vec<ZoneArea>, sqlx::Error> {
        let mut conditions = Conditions::within(scope, "a");
        conditions.and("z.camera = ?", [Bind::Text(camera.to_owned())]);
        let sql = format!(
            "SELECT z.zone, a.id, a.name FROM area_zones z JOIN areas a ON a.id = z.area{} ORDER BY z.zone",
            conditions.sql()
        );
        let rows = conditions.query(sql).fetch_all(&self.pool).await?;
        let read =
            |row: &AnyRow| Ok(ZoneArea { zone: row.try_get("zone")?, area: row.try_get("id")?, name: row.try_get("name")? });
        rows.iter().map(read).collect()
    }

    /// Zones of a scope that show no area.
    pub(crate) async fn free_zones(&self, scope: &Scope) -> Result<Vec<FreeZone>, sqlx::Error> {
        let mut conditions = Conditions::within(scope, "c");
        conditions
            .and("c.retired = 0 AND NOT EXISTS (SELECT 1 FROM area_zones a WHERE a.camera = z.camera AND a.zone = z.zone)", []);
        let sql = format!(
            "SELECT z.camera, z.zone, c.name AS camera_name, z.name AS zone_name, c.district, c.street FROM zones z \
             JOIN cameras c ON c.id = z.camera{} ORDER BY c.district, c.street, c.name, z.zone",
            conditions.sql()
        );
        let rows = conditions.query(sql).fetch_all(&self.pool).await?;
        let read = |row: &AnyRow| {
            Ok(FreeZone { zone: area_zone(row)?, district: row.try_get("district")?, street: row.try_get("street")? })
        };
        rows.iter().map(read).collect()
    }

    /// All areas, as the figures see them.
    pub(crate) async fn area_rows(&self) -> Result<Vec<AreaRow>, sqlx::Error> {
        let mut zones = self.zones_by_area("area_zones").await?;
        let mut ever = self.zones_by_area("area_zones_ever").await?;
        let rows = sqlx::query("SELECT * FROM areas ORDER BY id").fetch_all(&self.pool).await?;
        let mut read = |row: &AnyRow| {
            let id: String = row.try_get("id")?;
            Ok(AreaRow {
                zones: zones.remove(&id).unwrap_or_default(),
                ever: ever.remove(&id).unwrap_or_default(),
                id,
                name: row.try_get("name")?,
                district: row.try_get("district")?,
                street: row.try_get("street")?,
                grade: word_column_opt(row, "grade")?,
                place: word_column_opt(row, "place")?,
                at_ms: row.try_get("at_ms")?,
            })
        };
        rows.iter().map(&mut read).collect()
    }

    async fn zones_by_area(&self, table: &'static str) -> Result<HashMap<String, BTreeSet<(String, String)>>, sqlx::Error> {
        let rows =
            Conditions::everywhere().query(format!("SELECT area, camera, zone FROM {table}")).fetch_all(&self.pool).await?;
        let mut zones: HashMap<String, BTreeSet<(String, String)>> = HashMap::new();
        for row in &rows {
            zones.entry(row.try_get("area")?).or_default().insert((row.try_get("camera")?, row.try_get("zone")?));
        }
        Ok(zones)
    }

    /// Makes an area; its id.
    pub(crate) async fn add_area(&self, new: &NewArea, actor: &Actor) -> Result<String, ApiError> {
        let mut tx = self.write().await?;
        let known = sqlx::query("SELECT 1 FROM units WHERE district = $1 AND street = $2")
            .bind(new.district.clone())
            .bind(new.street.clone())
            .fetch_optional(tx.db())
            .await?;
        if known.is_none() || !actor.scope.holds(&new.district, &new.street) {
            return Err(ApiError::NotFound("street"));
        }
        tx.refuse_taken_name(&new.district, &new.name, "").await?;
        let id = hex::encode(rand::random::<[u8; 8]>());
        let now_ms = tx.now_ms();
        sqlx::query(
            "INSERT INTO areas (id, district, street, name, grade, place, version, at_ms, by_name, note) \
             VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9)",
        )
        .bind(id.clone())
        .bind(new.district.clone())
        .bind(new.street.clone())
        .bind(new.name.clone())
        .bind(new.grade.map(|grade| word(&grade)))
        .bind(new.place.map(|place| word(&place)))
        .bind(now_ms)
        .bind(actor.name.clone())
        .bind(new.note.trim())
        .execute(tx.db())
        .await?;
        tx.put_area_zones(&id, &new.district, &new.zones, actor).await?;
        let details = json!({ "name": new.name, "district": new.district, "street": new.street, "zones": new.zones });
        tx.audit(Deed { actor: &actor.name, action: "area.add", object: &id, reason: Some(new.note.trim()), details }).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Changes an area.
    pub(crate) async fn change_area(&self, id: &str, change: &AreaChange, actor: &Actor) -> Result<(), ApiError> {
        let mut tx = self.write().await?;
        let row = sqlx::query("SELECT * FROM areas WHERE id = $1").bind(id).fetch_optional(tx.db()).await?;
        let row = row.ok_or(ApiError::NotFound("area"))?;
        let (version, district): (i64, String) = (row.try_get("version")?, row.try_get("district")?);
        let was: (String, Option<ControlGrade>, Option<PlaceType>) =
            (row.try_get("name")?, word_column_opt(&row, "grade")?, word_column_opt(&row, "place")?);
        let (by, at_ms): (String, i64) = (row.try_get("by_name")?, row.try_get("at_ms")?);
        let zones = tx.zones_of_area(id).await?;
        if version != change.seen_version {
            let details = json!({ "version": version, "by": by, "at": rfc3339(at_ms), "name": was.0, "zones": zones });
            let message = "somebody changed the area since you looked".to_owned();
            return Err(ApiError::Conflict { code: "stale", message, details });
        }
        tx.refuse_taken_name(&district, &change.name, id).await?;
        let now_ms = tx.now_ms();
        sqlx::query(
            "UPDATE areas SET name = $1, grade = $2, place = $3, version = version + 1, at_ms = $4, by_name = $5, note = $6 \
             WHERE id = $7",
        )
        .bind(change.name.clone())
        .bind(change.grade.map(|grade| word(&grade)))
        .bind(change.place.map(|place| word(&place)))
        .bind(now_ms)
        .bind(actor.name.clone())
        .bind(change.note.trim())
        .bind(id)
        .execute(tx.db())
        .await?;
        tx.put_area_zones(id, &district, &change.zones, actor).await?;
        let details = json!({
            "before": { "name": was.0, "grade": was.1, "place": was.2, "zones": zones },
            "after": { "name": change.name, "grade": change.grade, "place": change.place, "zones": change.zones },
        });
        tx.audit(Deed { actor: &actor.name, action: "area.change", object: id, reason: Some(change.note.trim()), details })
            .await?;
        tx.commit().await?;
        Ok(())
    }
}

impl Tx {
    async fn refuse_taken_name(&mut self, district: &str, name: &str, but: &str) -> Result<(), ApiError> {
        let taken = sqlx::query("SELECT id FROM areas WHERE district = $1 AND name = $2 AND id <> $3")
            .bind(district)
            .bind(name)
            .bind(but)
            .fetch_optional(self.db())
            .await?;
        match taken {
            None => Ok(()),
            Some(_) => {
                let message = format!("{district} has an area of that name");
                Err(ApiError::Conflict { code: "name_taken", message, details: json!({ "name": name }) })
            }
        }
    }

    async fn zones_of_area(&mut self, id: &str) -> Result<Vec<ZoneRef>, sqlx::Error> {
        let query = sqlx::query("SELECT camera, zone FROM area_zones WHERE area = $1 ORDER BY camera, zone").bind(id.to_owned());
        let rows = query.fetch_all(self.db()).await?;
        rows.iter().map(|row| Ok(ZoneRef { camera: row.try_get("camera")?, zone: row.try_get("zone")? })).collect()
    }

    /// These zones show the area from now on, and no others.
    async fn put_area_zones(&mut self, id: &str, district: &str, zones: &[ZoneRef], actor: &Actor) -> Result<(), ApiError> {
        let before: BTreeSet<ZoneRef> = self.zones_of_area(id).await?.into_iter().collect();
        sqlx::query("DELETE FROM area_zones WHERE area = $1").bind(id).execute(self.db()).await?;
        for zone in zones.iter().collect::<BTreeSet<_>>() {
            if !before.contains(zone) {
                self.check_area_zone(district, zone, actor).await?;
            }
            for sql in [
                "INSERT INTO area_zones (area, camera, zone) VALUES ($1, $2, $3)",
                "INSERT INTO area_zones_ever (area, camera, zone) VALUES ($1, $2, $3) ON CONFLICT (area, camera, zone) DO NOTHING",
            ] {
                let insert = sqlx::query(sql).bind(id).bind(zone.camera.clone()).bind(zone.zone.clone());
                insert.execute(self.db()).await?;
            }
        }
        Ok(())
    }

    /// May the zone be one of an area of this district? Only when it is there, in scope, and nobody else's.
    async fn check_area_zone(&mut self, district: &str, zone: &ZoneRef, actor: &Actor) -> Result<(), ApiError> {
        let row = sqlx::query(
            "SELECT c.district, c.street FROM zones z JOIN cameras c ON c.id = z.camera WHERE z.camera = $1 AND z.zone = $2",
        )
        .bind(zone.camera.clone())
        .bind(zone.zone.clone())
        .fetch_optional(self.db())
        .await?
        .ok_or(ApiError::NotFound("zone"))?;
        let (its, street): (String, String) = (row.try_get("district")?, row.try_get("street")?);
        if !actor.scope.holds(&its, &street) {
            return Err(ApiError::NotFound("zone"));
        }
        if its != district {
            let message = format!("{} hangs in {its}: an area lies in one district", zone.camera);
            return Err(ApiError::Refused { code: "other_district", message });
        }
        let other = sqlx::query(
            "SELECT a.id, a.name FROM area_zones z JOIN areas a ON a.id = z.area WHERE z.camera = $1 AND z.zone = $2",
        )
        .bind(zone.camera.clone())
        .bind(zone.zone.clone())
        .fetch_optional(self.db())
        .await?;
        if let Some(row) = other {
            let (area, name): (String, String) = (row.try_get("id")?, row.try_get("name")?);
            let message = format!("{} / {} shows the area {name}: take it out there first", zone.camera, zone.zone);
            let details = json!({ "camera": zone.camera, "zone": zone.zone, "area": area, "name": name });
            return Err(ApiError::Conflict { code: "zone_taken", message, details });
        }
        Ok(())
    }
}
