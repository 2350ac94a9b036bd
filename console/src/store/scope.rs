//! Row-level scope: the organisation tree city → district → street, and what of it a person sees.
//!
//! A camera, a candidate and a case carry the names of their district and street. A person belongs to units of the tree, and
//! sees the rows of those and of what lies below them; a row without a district is seen by the whole city alone. What is out
//! of scope does not exist for them: lists lack it, its id is a 404, the live stream is silent about it.
//!
//! **How a new query is scoped.** There are three ways in, and none is open by default:
//!
//! 1. *An id in the path.* Nothing to do in the handler: [`crate::gate`] looks the first `{…}` of the path up as the [`Thing`]
//!    that `THINGS` in [`crate::auth`] says it is, and answers 404 before the handler runs. A path with a `{…}` that is not in
//!    that table is 404 for everybody. A new kind of thing is a variant of [`Thing`] with the query that finds its place.
//! 2. *A list, a count, an aggregate.* [`Conditions`] has no `Default`: begin with [`Conditions::within`], which takes the
//!    scope of `session.actor` and the alias of a table with the columns `district` and `street`. [`Conditions::everywhere`] is
//!    for tables that have no place, and for what the gate let through by its id.
//! 3. *An id in a body or in a query that is not a filter.* [`Store::require`] before anything else.
//!
//! A live event needs nothing: [`Tx::live`] finds the place of what it tells of. `tests/scope.rs` walks every route of the
//! OpenAPI document as somebody from another district.

use sqlx::Row;

use super::{Bind, Conditions, Store, Tx};
use crate::dto::LiveKind;
use crate::error::ApiError;

/// What an id names, and where its place is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Thing {
    Area,
    Camera,
    Candidate,
    Case,
    Find,
    /// Belongs to no place: users, units, and what only people of the whole city may touch.
    Nowhere,
}

impl Thing {
    /// The query that yields `district` and `street` for an id; `None` for what has no place.
    fn place(self) -> Option<&'static str> {
        match self {
            Self::Area => Some("SELECT district, street FROM areas WHERE id = $1"),
            Self::Camera => Some("SELECT district, street FROM cameras WHERE id = $1"),
            Self::Candidate => Some("SELECT district, street FROM candidates WHERE id = $1"),
            Self::Case => Some("SELECT district, street FROM cases WHERE id = $1"),
            Self::Find => Some("SELECT district, street FROM finds WHERE id = $1"),
            Self::Nowhere => None,
        }
    }

    /// Its word in a refusal.
    fn noun(self) -> &'static str {
        match self {
            Self::Area => "area",
            Self::Camera => "camera",
            Self::Candidate => "candidate",
            Self::Case => "case",
            Self::Find => "find",
            Self::Nowhere => "page",
        }
    }

    /// What the `id` in the data of a live event names.
    fn of_live(kind: LiveKind) -> Self {
        match kind {
            LiveKind::CandidateNew | LiveKind::CandidateChanged | LiveKind::ClaimChanged => Self::Candidate,
            LiveKind::CaseChanged => Self::Case,
            LiveKind::CameraChanged => Self::Camera,
            LiveKind::Hello | LiveKind::Reset => Self::Nowhere,
        }
    }
}

/// What of the city a person sees: all of it, or these districts and streets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Scope {
    city: bool,
    districts: Vec<String>,
    /// District and street.
    streets: Vec<(String, String)>,
}

impl Scope {
    /// Adds a unit, as district and street: none is the city, a district alone is all its streets.
    pub(crate) fn add(&mut self, district: Option<&str>, street: Option<&str>) {
        match (district, street) {
            (None, _) => self.city = true,
            (Some(district), None) => self.districts.push(district.to_owned()),
            (Some(district), Some(street)) => self.streets.push((district.to_owned(), street.to_owned())),
        }
    }

    /// Its units, each as district and street; an absent one is all of them.
    pub(crate) fn units(&self) -> Vec<(Option<String>, Option<String>)> {
        let city = self.city.then_some((None, None));
        let districts = self.districts.iter().map(|district| (Some(district.clone()), None));
        let streets = self.streets.iter().map(|(district, street)| (Some(district.clone()), Some(street.clone())));
        city.into_iter().chain(districts).chain(streets).collect()
    }

    /// The scope of such units.
    pub(crate) fn of_units(units: &[(Option<String>, Option<String>)]) -> Self {
        let mut scope = Self::default();
        units.iter().for_each(|(district, street)| scope.add(district.as_deref(), street.as_deref()));
        scope
    }

    /// Is it the whole city?
    pub(crate) fn is_city(&self) -> bool {
        self.city
    }

    /// Does this place lie within?
    pub(crate) fn holds(&self, district: &str, street: &str) -> bool {
        self.city
            || self.districts.iter().any(|own| own == district)
            || self.streets.iter().any(|(d, s)| d == district && s == street)
    }
}

impl Conditions {
    /// Only rows that this person may see; `alias` names a table with the columns `district` and `street`, e.g. `c`.
    pub(crate) fn within(scope: &Scope, alias: &str) -> Self {
        let mut conditions = Self::everywhere();
        if scope.city {
            return conditions;
        }
        let mut parts = Vec::new();
        let mut binds = Vec::new();
        if !scope.districts.is_empty() {
            parts.push(format!("{alias}.district IN ({})", vec!["?"; scope.districts.len()].join(", ")));
            binds.extend(scope.districts.iter().cloned().map(Bind::Text));
        }
        for (district, street) in &scope.streets {
            parts.push(format!("({alias}.district = ? AND {alias}.street = ?)"));
            binds.extend([Bind::Text(district.clone()), Bind::Text(street.clone())]);
        }
        // Nobody's unit is nothing, not everything.
        let sql = if parts.is_empty() { "1 = 0".to_owned() } else { format!("({})", parts.join(" OR ")) };
        conditions.and(&sql, binds);
        conditions
    }
}

impl Store {
    /// Refuses with 404 what is not there and what is out of scope, and does not tell which.
    pub(crate) async fn require(&self, scope: &Scope, thing: Thing, id: &str) -> Result<(), ApiError> {
        let Some(sql) = thing.place() else { return Ok(()) };
        let missing = ApiError::NotFound(thing.noun());
        // PostgreSQL cannot even compare with it.
        if id.contains('\0') {
            return Err(missing);
        }
        let Some(row) = sqlx::query(sql).bind(id).fetch_optional(&self.pool).await? else { return Err(missing) };
        let (district, street): (String, String) = (row.try_get("district")?, row.try_get("street")?);
        if scope.holds(&district, &street) { Ok(()) } else { Err(missing) }
    }
}

impl Tx {
    /// Where a live event belongs, by the `id` in its data; `None` is for everybody.
    pub(super) async fn live_place(
        &mut self,
        kind: LiveKind,
        data: &serde_json::Value,
    ) -> Result<Option<(String, String)>, sqlx::Error> {
        let (Some(sql), Some(id)) = (Thing::of_live(kind).place(), data["id"].as_str()) else { return Ok(None) };
        let row = sqlx::query(sql).bind(id).fetch_optional(self.db()).await?;
        // Of something that is not there only the whole city hears.
        row.map_or(Ok(Some(Default::default())), |row| Ok(Some((row.try_get("district")?, row.try_get("street")?))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_holds_its_units_and_what_lies_below() {
        let mut scope = Scope::default();
        assert!(!scope.holds("", "") && !scope.holds("Xuhui", "Hunan Road"), "nobody's unit is nothing");
        assert_eq!(Conditions::within(&scope, "c").sql(), " WHERE 1 = 0");
        scope.add(Some("Xuhui"), None);
        scope.add(Some("Jing'an"), Some("Nanjing Road"));
        assert!(scope.holds("Xuhui", "Hunan Road") && scope.holds("Xuhui", "") && scope.holds("Jing'an", "Nanjing Road"));
        assert!(!scope.holds("Jing'an", "Hunan Road") && !scope.holds("", "Nanjing Road"));
        assert_eq!(Conditions::within(&scope, "c").sql(), " WHERE (c.district IN ($1) OR (c.district = $2 AND c.street = $3))");
        assert_eq!(Scope::of_units(&scope.units()), scope);
        scope.add(None, None);
        assert_eq!(Scope::of_units(&scope.units()), scope);
        assert!(scope.holds("", "") && Conditions::within(&scope, "c").sql().is_empty());
    }
}
