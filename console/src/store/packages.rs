//! Signed case documents, and which receivers they go to.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::Row;
use sqlx::any::AnyRow;

use super::candidates::read_decision;
use super::candidates::read_item;
use super::case_acts::Record;
use super::cases::{CaseRow, Moving, read_event};
use super::{Store, Tx, json_column};
use crate::auth::Actor;
use crate::clock::rfc3339;
use crate::dto::{CaseAct, CaseState, HeldCertificate, NewCaseAct, PackageInfo};
use crate::error::ApiError;
use crate::serve::{Sign, Signed};
use crate::vault::Item;

/// Names the document's form to who reads it.
const DOCUMENT: &str = "kerbwatch.case_package.v1";

/// A signed document, ready to be kept.
pub(super) struct Package {
    document: String,
    pub(super) sha256: String,
    signed: Signed,
}

/// A kept document with all that is needed to check it.
pub(crate) struct KeptPackage {
    pub(crate) document: String,
    pub(crate) sha256: String,
    /// Base64.
    pub(crate) signature: String,
    pub(crate) key_id: String,
    pub(crate) public_key: String,
    pub(crate) at_ms: i64,
}

/// Acts with which the case leaves the house.
pub(super) fn leaves(act: CaseAct) -> bool {
    matches!(act, CaseAct::HandOver | CaseAct::Refer | CaseAct::DispatchClue)
}

impl Package {
    /// The key that signed it.
    pub(super) fn key_id(&self) -> &str {
        &self.signed.key_id
    }
}

pub(super) fn kept(row: &AnyRow) -> Result<KeptPackage, sqlx::Error> {
    Ok(KeptPackage {
        document: row.try_get("document")?,
        sha256: row.try_get("sha256")?,
        signature: row.try_get("signature")?,
        key_id: row.try_get("key_id")?,
        public_key: row.try_get("public_key")?,
        at_ms: row.try_get("at_ms")?,
    })
}

/// What an officer said is the same thing as the case's candidate: merged into it, or rejected as its duplicate.
fn same_thing(row: &AnyRow) -> Result<Value, sqlx::Error> {
    let text = |column| row.try_get::<String, _>(column);
    let time = |column| Ok::<_, sqlx::Error>(rfc3339(row.try_get(column)?));
    Ok(json!({ "candidate": text("id")?, "camera": text("camera")?, "zone": text("zone")?, "state": text("state")?,
               "first_seen_at": time("first_seen_ms")?, "raised_at": time("raised_ms")? }))
}

/// What leaves: the case as it is with this act, and to whom it belongs.
pub(super) struct Leaving<'a> {
    pub(super) case: &'a CaseRow,
    pub(super) record: &'a Record,
    pub(super) after: &'a Moving,
    pub(super) new: &'a NewCaseAct,
    pub(super) actor: &'a Actor,
    pub(super) officer: Option<&'a HeldCertificate>,
}

impl Tx {
    /// Writes and signs the document of a case that leaves. It holds who is responsible: whoever gets it goes on with them.
    pub(super) async fn package(&mut self, leaving: &Leaving<'_>, sign: &Sign) -> Result<Package, ApiError> {
        let document = self.document(leaving).await?;
        // Keys stand in order, so that the same case is the same bytes; what counts are the bytes that are kept.
        let document = document.to_string();
        let signed = sign(document.as_bytes());
        Ok(Package { sha256: hex::encode(Sha256::digest(document.as_bytes())), document, signed })
    }

    async fn document(&mut self, leaving: &Leaving<'_>) -> Result<Value, sqlx::Error> {
        let Leaving { case, record, after, new, actor, officer } = leaving;
        let summary = &case.summary;
        let id = &summary.id;
        let rows = sqlx::query("SELECT * FROM case_events WHERE case_id = $1 ORDER BY seq")
            .bind(id.clone())
            .fetch_all(self.db())
            .await?;
        let history = rows.iter().map(read_event).collect::<Result<Vec<_>, _>>()?;
        let candidate = case.summary.candidate.clone();
        let rows = sqlx::query("SELECT * FROM decisions WHERE candidate = $1 ORDER BY seen_version")
            .bind(candidate.clone())
            .fetch_all(self.db())
            .await?;
        let decisions = rows.iter().map(read_decision).collect::<Result<Vec<_>, _>>()?;
        let wire = sqlx::query("SELECT wire FROM candidates WHERE id = $1").bind(candidate.clone()).fetch_one(self.db()).await?;
        let wire: Value = json_column(&wire, "wire")?;
        let rows = sqlx::query("SELECT role, file, sha256, bytes FROM evidence_items WHERE candidate = $1 ORDER BY file")
            .bind(candidate)
            .fetch_all(self.db())
            .await?;
        let same = sqlx::query(
            "SELECT id, camera, zone, state, first_seen_ms, raised_ms FROM candidates WHERE merged_into = $1 \
             ORDER BY raised_ms, id LIMIT 1000",
        )
        .bind(summary.candidate.clone())
        .fetch_all(self.db())
        .await?;
        let same = same.iter().map(same_thing).collect::<Result<Vec<_>, _>>()?;
        let looks = sqlx::query("SELECT at_ms FROM party_looks WHERE case_id = $1 ORDER BY at_ms, id LIMIT 1000")
            .bind(id.clone())
            .fetch_all(self.db())
            .await?;
        let looks = looks.iter().map(|row| Ok(rfc3339(row.try_get("at_ms")?))).collect::<Result<Vec<_>, sqlx::Error>>()?;
        let item = |row: &AnyRow| -> Result<Value, sqlx::Error> {
            let (role, file): (String, String) = (row.try_get("role")?, row.try_get("file")?);
            let (sha256, bytes): (String, i64) = (row.try_get("sha256")?, row.try_get("bytes")?);
            Ok(json!({ "role": role, "file": file, "sha256": sha256, "bytes": bytes }))
        };
        let evidence = rows.iter().map(item).collect::<Result<Vec<_>, _>>()?;
        Ok(json!({
            "type": DOCUMENT,
            "id": id, "kind": summary.kind, "state": after.state, "camera": summary.camera, "camera_name": summary.camera_name,
            "zone": summary.zone, "zone_version": case.zone_version, "district": summary.district, "street": summary.street,
            "opened_by": summary.opened_by, "opened_at": summary.opened_at, "legal_by": after.legal_by,
            "evidence_mode": summary.evidence_mode, "evidence_sha256": summary.evidence_sha256, "compliance": case.compliance,
            "matter": record.matter, "subject": after.subject, "track": after.track, "exemption": after.exemption,
            "warned_at": after.warned_ms.map(rfc3339), "recheck": record.recheck, "recusals": record.recusals,
            "defences": record.defences, "party_looks": looks,
            "candidate": wire, "same_thing": same, "evidence": evidence, "decisions": decisions, "history": history,
            "act": { "act": new.act, "by": actor.name, "at": rfc3339(self.now_ms()), "note": new.note,
                     "certificate": new.certificate, "officer": officer, "refer_to": new.refer_to },
        }))
    }

    /// Keeps the document and puts it on its way to every receiver of the district.
    pub(super) async fn hand_out(&mut self, case: &CaseRow, seq: i64, package: &Package) -> Result<(), sqlx::Error> {
        use base64::Engine;
        let now_ms = self.now_ms();
        let id = &case.summary.id;
        sqlx::query(
            "INSERT INTO case_packages (case_id, seq, document, sha256, signature, key_id, public_key, at_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(id.clone())
        .bind(seq)
        .bind(package.document.clone())
        .bind(package.sha256.clone())
        .bind(base64::engine::general_purpose::STANDARD.encode(&package.signed.signature))
        .bind(package.signed.key_id.clone())
        .bind(package.signed.public_key_pem.clone())
        .bind(now_ms)
        .execute(self.db())
        .await?;
        let receivers = sqlx::query("SELECT id FROM receivers WHERE active = 1 AND (district = '' OR district = $1) ORDER BY id")
            .bind(case.summary.district.clone())
            .fetch_all(self.db())
            .await?;
        for row in &receivers {
            let receiver: String = row.try_get("id")?;
            sqlx::query(
                "INSERT INTO deliveries (id, case_id, seq, receiver, state, attempts, tries, next_ms, created_ms) \
                 VALUES ($1, $2, $3, $4, 'waiting', 0, 0, $5, $6) ON CONFLICT (id) DO NOTHING",
            )
            .bind(format!("{id}-{seq}-{receiver}"))
            .bind(id.clone())
            .bind(seq)
            .bind(receiver)
            .bind(now_ms)
            .bind(now_ms)
            .execute(self.db())
            .await?;
        }
        self.rings.1 = true;
        Ok(())
    }
}

impl Store {
    /// The document that went out last.
    pub(crate) async fn last_package(&self, case: &str) -> Result<Option<KeptPackage>, sqlx::Error> {
        let row = sqlx::query("SELECT * FROM case_packages WHERE case_id = $1 ORDER BY seq DESC LIMIT 1")
            .bind(case)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(kept).transpose()
    }

    /// The document of one line of the history.
    pub(crate) async fn package_of(&self, case: &str, seq: i64) -> Result<Option<KeptPackage>, sqlx::Error> {
        let row = sqlx::query("SELECT * FROM case_packages WHERE case_id = $1 AND seq = $2")
            .bind(case)
            .bind(seq)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(kept).transpose()
    }

    /// What went out, oldest first.
    pub(crate) async fn packages(&self, case: &str) -> Result<Vec<PackageInfo>, sqlx::Error> {
        let rows = sqlx::query("SELECT seq, sha256, key_id, at_ms FROM case_packages WHERE case_id = $1 ORDER BY seq")
            .bind(case)
            .fetch_all(&self.pool)
            .await?;
        let read = |row: &AnyRow| -> Result<PackageInfo, sqlx::Error> {
            Ok(PackageInfo {
                seq: row.try_get("seq")?,
                sha256: row.try_get("sha256")?,
                key_id: row.try_get("key_id")?,
                at: rfc3339(row.try_get("at_ms")?),
            })
        };
        rows.iter().map(read).collect()
    }

    /// Files of a candidate's package: name and key.
    pub(crate) async fn evidence_items(&self, candidate: &str) -> Result<Vec<(String, Item)>, sqlx::Error> {
        let rows = sqlx::query("SELECT file, item_key, sha256, bytes FROM evidence_items WHERE candidate = $1 ORDER BY file")
            .bind(candidate)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| Ok((row.try_get("file")?, read_item(row)?))).collect()
    }
}

/// States that a receiver's word may close.
pub(super) const OUT_OF_HOUSE: [CaseState; 3] = [CaseState::HandedOver, CaseState::ClueDispatched, CaseState::Referred];
