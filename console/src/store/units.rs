//! The organisation tree, and who belongs where.

use std::collections::HashMap;

use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::Row;
use sqlx::any::AnyRow;

use super::audit::Deed;
use super::users::StoredUser;
use super::{Scope, Store, Tx, word_column};
use crate::auth::Actor;
use crate::dto::{NewUnit, Unit, UnitChange, UnitLevel, UnitRef, word};
use crate::error::ApiError;

/// The root's id.
pub(crate) const CITY: &str = "city";

/// The same id whenever and wherever the unit is first heard of.
pub(super) fn unit_id(district: &str, street: Option<&str>) -> String {
    let mut hash = Sha256::new();
    hash.update(b"kerbwatch.unit.v1\0");
    hash.update(district.as_bytes());
    if let Some(street) = street {
        hash.update([0]);
        hash.update(street.as_bytes());
    }
    hex::encode(&hash.finalize()[..8])
}

fn read_ref(row: &AnyRow) -> Result<UnitRef, sqlx::Error> {
    Ok(UnitRef {
        id: row.try_get("id")?,
        level: word_column(row, "level")?,
        district: row.try_get("district")?,
        street: row.try_get("street")?,
        label: row.try_get("label")?,
    })
}

impl Tx {
    /// Puts the units of a place into the tree, if they are not there; a place without a district is the city's.
    pub(crate) async fn know_units(&mut self, district: &str, street: &str) -> Result<(), sqlx::Error> {
        if district.is_empty() {
            return Ok(());
        }
        self.know_unit(CITY, UnitLevel::District, district, None, "").await?;
        if !street.is_empty() {
            self.know_unit(&unit_id(district, None), UnitLevel::Street, district, Some(street), "").await?;
        }
        Ok(())
    }

    /// `false` when it was there already.
    async fn know_unit(
        &mut self,
        parent: &str,
        level: UnitLevel,
        district: &str,
        street: Option<&str>,
        label: &str,
    ) -> Result<bool, sqlx::Error> {
        let done = sqlx::query(
            "INSERT INTO units (id, parent, level, district, street, label) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(unit_id(district, street))
        .bind(parent)
        .bind(word(&level))
        .bind(district)
        .bind(street.map(str::to_owned))
        .bind(label)
        .execute(self.db())
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Where a person belongs from now on.
    pub(crate) async fn put_units(&mut self, user: &str, units: &[String]) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM user_units WHERE user_id = $1").bind(user).execute(self.db()).await?;
        for unit in units {
            let insert = sqlx::query("INSERT INTO user_units (user_id, unit) VALUES ($1, $2)").bind(user).bind(unit.clone());
            insert.execute(self.db()).await?;
        }
        Ok(())
    }

    async fn unit_version(&mut self, id: &str) -> Result<(i64, String), ApiError> {
        let row = sqlx::query("SELECT version, label FROM units WHERE id = $1").bind(id).fetch_optional(self.db()).await?;
        let row = row.ok_or(ApiError::NotFound("unit"))?;
        Ok((row.try_get("version")?, row.try_get("label")?))
    }
}

impl Store {
    /// The tree knows every place that a camera names, also of cameras that were there before it.
    pub(super) async fn plant_units(&self) -> Result<(), sqlx::Error> {
        let rows = sqlx::query(
            "SELECT DISTINCT c.district, c.street FROM cameras c WHERE c.district <> '' AND NOT EXISTS \
             (SELECT 1 FROM units u WHERE u.district = c.district AND (u.street = c.street OR c.street = ''))",
        )
        .fetch_all(&self.pool)
        .await?;
        if rows.is_empty() {
            return Ok(());
        }
        let mut tx = self.write().await?;
        for row in &rows {
            tx.know_units(row.try_get("district")?, row.try_get("street")?).await?;
        }
        tx.commit().await
    }

    /// The user as the one who acts: with what they see.
    pub(crate) async fn actor(&self, user: StoredUser) -> Result<Actor, sqlx::Error> {
        let units = self.units_of(&user.id).await?;
        let mut scope = Scope::default();
        for unit in &units {
            scope.add(unit.district.as_deref(), unit.street.as_deref());
        }
        Ok(Actor {
            id: user.id,
            name: user.name,
            display_name: user.display_name,
            roles: user.roles,
            units,
            scope,
            must_change_password: user.must_change,
            totp: user.totp_on,
            sign_in: user.sign_in,
        })
    }

    /// Where a person belongs.
    pub(crate) async fn units_of(&self, user: &str) -> Result<Vec<UnitRef>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT u.* FROM user_units x JOIN units u ON u.id = x.unit WHERE x.user_id = $1 ORDER BY u.district, u.street",
        )
        .bind(user)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read_ref).collect()
    }

    /// Where everybody belongs, by user id.
    pub(crate) async fn units_by_user(&self) -> Result<HashMap<String, Vec<UnitRef>>, sqlx::Error> {
        let rows =
            sqlx::query("SELECT x.user_id, u.* FROM user_units x JOIN units u ON u.id = x.unit ORDER BY u.district, u.street")
                .fetch_all(&self.pool)
                .await?;
        let mut units: HashMap<String, Vec<UnitRef>> = HashMap::new();
        for row in &rows {
            units.entry(row.try_get("user_id")?).or_default().push(read_ref(row)?);
        }
        Ok(units)
    }

    /// The first of these that is not in the tree.
    pub(crate) async fn unknown_unit(&self, units: &[String]) -> Result<Option<String>, sqlx::Error> {
        for unit in units {
            let known = !unit.contains('\0')
                && sqlx::query("SELECT 1 FROM units WHERE id = $1")
                    .bind(unit.clone())
                    .fetch_optional(&self.pool)
                    .await?
                    .is_some();
            if !known {
                return Ok(Some(unit.clone()));
            }
        }
        Ok(None)
    }

    /// The whole tree, each unit after the one above it.
    pub(crate) async fn units(&self) -> Result<Vec<Unit>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT u.*, (SELECT COUNT(*) FROM cameras c WHERE c.retired = 0 AND (u.level = 'city' OR (c.district = u.district \
             AND (u.level = 'district' OR c.street = u.street)))) AS cameras, \
             (SELECT COUNT(*) FROM user_units x WHERE x.unit = u.id) AS users FROM units u",
        )
        .fetch_all(&self.pool)
        .await?;
        let read = |row: &AnyRow| -> Result<Unit, sqlx::Error> {
            Ok(Unit {
                unit: read_ref(row)?,
                parent: row.try_get("parent")?,
                version: row.try_get("version")?,
                cameras: row.try_get("cameras")?,
                users: row.try_get("users")?,
            })
        };
        let mut units = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        // Here and not in SQL: databases differ in where NULL sorts.
        units.sort_by(|a, b| (&a.unit.district, &a.unit.street).cmp(&(&b.unit.district, &b.unit.street)));
        Ok(units)
    }

    /// One unit.
    pub(crate) async fn unit(&self, id: &str) -> Result<Unit, ApiError> {
        self.units().await?.into_iter().find(|unit| unit.unit.id == id).ok_or(ApiError::NotFound("unit"))
    }

    /// Makes a district or a street; its id.
    pub(crate) async fn add_unit(&self, new: &NewUnit, by: &str) -> Result<String, ApiError> {
        let parent = self.unit(&new.parent).await?.unit;
        let mut tx = self.write().await?;
        let (level, district, street) = match (parent.level, parent.district) {
            (UnitLevel::City, _) => (UnitLevel::District, new.name.clone(), None),
            (UnitLevel::District, Some(district)) => (UnitLevel::Street, district, Some(new.name.clone())),
            (UnitLevel::District, None) | (UnitLevel::Street, _) => {
                let message = "below a street there is nothing".to_owned();
                return Err(ApiError::Refused { code: "bad_unit", message });
            }
        };
        let id = unit_id(&district, street.as_deref());
        if !tx.know_unit(&parent.id, level, &district, street.as_deref(), &new.label).await? {
            let message = format!("{} is in the tree already", new.name);
            return Err(ApiError::Conflict { code: "unit_taken", message, details: json!({ "id": id }) });
        }
        let details = json!({ "district": district, "street": street, "label": new.label });
        tx.audit(Deed { actor: by, action: "unit.add", object: &id, reason: None, details }).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Gives a unit another label.
    pub(crate) async fn label_unit(&self, id: &str, change: &UnitChange, by: &str) -> Result<(), ApiError> {
        let mut tx = self.write().await?;
        let (version, label) = tx.unit_version(id).await?;
        if version != change.seen_version {
            let details = json!({ "version": version, "label": label });
            return Err(ApiError::Conflict {
                code: "stale",
                message: "somebody changed the unit since you looked".to_owned(),
                details,
            });
        }
        sqlx::query("UPDATE units SET label = $1, version = version + 1 WHERE id = $2")
            .bind(change.label.clone())
            .bind(id)
            .execute(tx.db())
            .await?;
        let details = json!({ "from": label, "to": change.label });
        tx.audit(Deed { actor: by, action: "unit.label", object: id, reason: None, details }).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Takes a unit out that nothing hangs on.
    pub(crate) async fn remove_unit(&self, id: &str, by: &str) -> Result<(), ApiError> {
        let refused = |message: String| ApiError::Refused { code: "unit_in_use", message };
        let unit = self.unit(id).await?;
        if id == CITY {
            return Err(refused("the city stays".to_owned()));
        }
        let mut tx = self.write().await?;
        for (what, sql) in [
            ("people belong to it", "SELECT 1 FROM user_units WHERE unit = $1 LIMIT 1"),
            ("streets lie in it", "SELECT 1 FROM units WHERE parent = $1 LIMIT 1"),
            (
                "cameras stand in it",
                "SELECT 1 FROM cameras c JOIN units u ON u.district = c.district AND (u.street IS NULL OR u.street = c.street) \
                 WHERE u.id = $1 LIMIT 1",
            ),
        ] {
            if sqlx::query(sql).bind(id).fetch_optional(tx.db()).await?.is_some() {
                return Err(refused(format!("{what}: it stays in the tree")));
            }
        }
        sqlx::query("DELETE FROM units WHERE id = $1").bind(id).execute(tx.db()).await?;
        let details = json!({ "district": unit.unit.district, "street": unit.unit.street });
        tx.audit(Deed { actor: by, action: "unit.remove", object: id, reason: None, details }).await?;
        tx.commit().await?;
        Ok(())
    }
}
