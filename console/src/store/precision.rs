//! How often officers found a zone's candidates to be what they were raised as: DOMAIN's precision over reviewed candidates.

use std::collections::{BTreeMap, HashMap};

use sqlx::Row;

use super::{Bind, Conditions, Scope, Store, word_column, word_column_opt};
use crate::clock::DAY_MS;
use crate::dto::{CandidateState, DraftState, Kind, Precision, RejectReason, ZonedCamera};
use crate::zones::wilson;

/// Shares of fewer decisions are chance, and not shown.
pub(crate) const LEAST: i64 = 30;

/// Most cameras that are listed.
const CAMERAS: i64 = 5000;

/// What officers said of some candidates.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    raised: i64,
    confirmed: i64,
    rejected: i64,
    allowed: i64,
}

impl Tally {
    fn add(&mut self, other: Tally) {
        self.raised += other.raised;
        self.confirmed += other.confirmed;
        self.rejected += other.rejected;
        self.allowed += other.allowed;
    }

    /// `n` candidates in this state, rejected for this reason.
    fn of(state: CandidateState, reason: Option<RejectReason>, n: i64) -> Self {
        let mut tally = Tally { raised: n, ..Tally::default() };
        match (state, reason) {
            (CandidateState::Confirmed, _) => tally.confirmed = n,
            (CandidateState::Rejected, Some(RejectReason::PermittedWindow | RejectReason::PermittedPlace)) => tally.allowed = n,
            (
                CandidateState::Rejected,
                Some(
                    RejectReason::NotAViolation
                    | RejectReason::MovingVendor
                    | RejectReason::InsideShop
                    | RejectReason::WrongZone
                    | RejectReason::NightNoise,
                ),
            ) => tally.rejected = n,
            // What could not be judged says nothing of the eye that raised it.
            _ => {}
        }
        tally
    }

    fn shown(self, zone: Option<String>, kind: Option<Kind>) -> Precision {
        let n = self.confirmed + self.rejected;
        let interval = wilson(self.confirmed, n).filter(|_| n >= LEAST);
        Precision {
            zone,
            kind,
            raised: self.raised,
            confirmed: self.confirmed,
            rejected: self.rejected,
            allowed: self.allowed,
            precision: interval.map(|_| self.confirmed as f64 / n as f64),
            low: interval.map(|(low, _)| low),
            high: interval.map(|(_, high)| high),
        }
    }
}

/// Candidates since then, counted by camera, zone, kind, state and the reason of the last rejection.
fn counted(conditions: &Conditions) -> String {
    format!(
        "SELECT r.camera, r.zone, r.kind, r.state, r.reason, COUNT(*) AS n FROM (SELECT c.camera, c.zone, c.kind, c.state, \
         c.reason FROM candidates c{}) r \
         GROUP BY r.camera, r.zone, r.kind, r.state, r.reason",
        conditions.sql()
    )
}

/// A candidate that was raised in fact, and what officers made of it.
#[derive(Debug, Clone)]
pub(crate) struct Decided {
    pub(crate) state: CandidateState,
    pub(crate) reason: Option<RejectReason>,
    pub(crate) permitted: bool,
    /// File of its trigger still.
    pub(crate) still: Option<String>,
    /// Its pictures were deleted.
    pub(crate) pictures_deleted: Option<crate::dto::PicturesDeleted>,
}

impl Decided {
    /// Confirmed and rejected, 0 or 1 each.
    pub(crate) fn counts(&self) -> (i64, i64) {
        let tally = Tally::of(self.state, self.reason, 1);
        (tally.confirmed, tally.rejected)
    }
}

impl Store {
    /// What was raised by a camera in a period, by id.
    pub(crate) async fn decided(
        &self,
        camera: &str,
        from_ms: i64,
        until_ms: i64,
    ) -> Result<HashMap<String, Decided>, sqlx::Error> {
        let sql = "SELECT c.id, c.state, c.permitted, c.reason, c.gone_rule, c.gone_ms, c.gone_certificate, \
                   (SELECT MIN(e.file) FROM evidence_items e WHERE e.candidate = c.id AND e.role = 'trigger') AS still \
                   FROM candidates c WHERE c.camera = $1 AND c.raised_ms >= $2 AND c.raised_ms <= $3";
        let rows = sqlx::query(sql).bind(camera).bind(from_ms).bind(until_ms).fetch_all(&self.pool).await?;
        rows.iter()
            .map(|row| {
                let decided = Decided {
                    state: word_column(row, "state")?,
                    reason: word_column_opt(row, "reason")?,
                    permitted: row.try_get::<i64, _>("permitted")? != 0,
                    still: row.try_get("still")?,
                    pictures_deleted: super::deletions::pictures_deleted(row)?,
                };
                Ok((row.try_get("id")?, decided))
            })
            .collect()
    }

    /// Precision by zone and kind, by zone, and of the camera.
    pub(crate) async fn precision(&self, camera: &str, since_ms: i64) -> Result<Vec<Precision>, sqlx::Error> {
        let mut conditions = Conditions::everywhere();
        conditions
            .and("c.camera = ? AND c.raised_ms >= ? AND c.permitted = 0", [Bind::Text(camera.to_owned()), Bind::Int(since_ms)]);
        let rows = conditions.query(counted(&conditions)).fetch_all(&self.pool).await?;
        let (mut kinds, mut zones, mut all) = (BTreeMap::new(), BTreeMap::new(), Tally::default());
        for row in &rows {
            let (zone, kind): (String, Kind) = (row.try_get("zone")?, word_column(row, "kind")?);
            let tally = Tally::of(word_column(row, "state")?, word_column_opt(row, "reason")?, row.try_get("n")?);
            kinds.entry((zone.clone(), kind)).or_insert_with(Tally::default).add(tally);
            zones.entry(zone).or_insert_with(Tally::default).add(tally);
            all.add(tally);
        }
        let kinds = kinds.into_iter().map(|((zone, kind), tally)| tally.shown(Some(zone), Some(kind)));
        let zones = zones.into_iter().map(|(zone, tally)| tally.shown(Some(zone), None));
        Ok(kinds.chain(zones).chain([all.shown(None, None)]).collect())
    }

    /// Cameras with their open drafts and their precision.
    pub(crate) async fn zoned_cameras(
        &self,
        scope: &Scope,
        district: Option<&str>,
        since_ms: i64,
    ) -> Result<Vec<ZonedCamera>, sqlx::Error> {
        let mut conditions = Conditions::within(scope, "k");
        conditions.and("k.retired = 0", []);
        let mut recent = Conditions::within(scope, "t");
        recent.and("t.day >= ?", [Bind::Int(since_ms.div_euclid(DAY_MS))]);
        if let Some(district) = district {
            conditions.and("k.district = ?", [Bind::Text(district.to_owned())]);
            recent.and("t.district = ?", [Bind::Text(district.to_owned())]);
        }
        // One row a camera: each row costs more on its way here than its sums do where they lie.
        let of =
            |finding: &str| format!("CAST(SUM(CASE WHEN t.finding = '{finding}' THEN t.n ELSE 0 END) AS BIGINT) AS {finding}");
        let sql = format!(
            "SELECT t.camera, CAST(SUM(t.n) AS BIGINT) AS raised, {}, {}, {} FROM candidate_days t{} GROUP BY t.camera",
            of("confirmed"),
            of("rejected"),
            of("allowed"),
            recent.sql()
        );
        let mut tallies: HashMap<String, Tally> = HashMap::new();
        for row in recent.query(sql).fetch_all(&self.pool).await? {
            let tally = Tally {
                raised: row.try_get("raised")?,
                confirmed: row.try_get("confirmed")?,
                rejected: row.try_get("rejected")?,
                allowed: row.try_get("allowed")?,
            };
            tallies.insert(row.try_get("camera")?, tally);
        }
        let sql = format!(
            "SELECT k.id, k.name, k.district, k.street, k.version, d.state AS draft_state, d.author AS draft_author, \
             (SELECT COUNT(*) FROM zones z WHERE z.camera = k.id) AS zones FROM cameras k \
             LEFT JOIN zone_drafts d ON d.camera = k.id AND d.state IN ('editing', 'submitted', 'approved'){} \
             ORDER BY k.district, k.street, k.id LIMIT {CAMERAS}",
            conditions.sql()
        );
        let rows = conditions.query(sql).fetch_all(&self.pool).await?;
        rows.iter()
            .map(|row| {
                let id: String = row.try_get("id")?;
                Ok(ZonedCamera {
                    name: row.try_get("name")?,
                    district: row.try_get("district")?,
                    street: row.try_get("street")?,
                    version: row.try_get("version")?,
                    zones: row.try_get("zones")?,
                    draft: word_column_opt::<DraftState>(row, "draft_state")?,
                    draft_author: row.try_get("draft_author")?,
                    precision: tallies.get(&id).copied().unwrap_or_default().shown(None, None),
                    id,
                })
            })
            .collect()
    }
}
