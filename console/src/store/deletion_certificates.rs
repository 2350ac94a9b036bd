//! Certificates of deletion: one for each round and district, signed, each naming the one before.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::audit::Deed;
use super::{Bind, Conditions, Scope, Store, Tx, word_column};
use crate::clock::rfc3339;
use crate::dto::{DeletionCertificate, RetentionRule};
use crate::retention::{Listed, document};
use crate::serve::Sign;
use crate::store::KeptPackage;

impl Tx {
    /// The open batch of a district.
    pub(super) async fn batch(&mut self, district: &str, by: &str) -> Result<i64, sqlx::Error> {
        let open =
            sqlx::query("SELECT number FROM retention_certificates WHERE district = $1 AND document IS NULL ORDER BY number")
                .bind(district)
                .fetch_optional(self.db())
                .await?;
        if let Some(row) = open {
            return row.try_get("number");
        }
        let (number, now_ms) = (self.next("retention_certificate").await?, self.now_ms());
        sqlx::query("INSERT INTO retention_certificates (number, district, opened_ms, by_name) VALUES ($1, $2, $3, $4)")
            .bind(number)
            .bind(district)
            .bind(now_ms)
            .bind(by)
            .execute(self.db())
            .await?;
        Ok(number)
    }
}

impl Store {
    /// Batches that are not signed yet.
    pub(crate) async fn open_batches(&self) -> Result<Vec<i64>, sqlx::Error> {
        let rows = sqlx::query("SELECT number FROM retention_certificates WHERE document IS NULL ORDER BY number")
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| row.try_get("number")).collect()
    }

    /// Signs the certificate of a batch. Its digest is in the audit log, in the same transaction.
    pub(crate) async fn certify(&self, number: i64, sign: &Sign) -> Result<(), sqlx::Error> {
        let mut tx = self.write().await?;
        let now_ms = tx.now_ms();
        let batch = sqlx::query("SELECT district, opened_ms, by_name, document FROM retention_certificates WHERE number = $1")
            .bind(number)
            .fetch_one(tx.db())
            .await?;
        if batch.try_get::<Option<String>, _>("document")?.is_some() {
            return Ok(());
        }
        let (district, by): (String, String) = (batch.try_get("district")?, batch.try_get("by_name")?);
        let rows = sqlx::query("SELECT * FROM retention_deletions WHERE certificate = $1 ORDER BY candidate, file")
            .bind(number)
            .fetch_all(tx.db())
            .await?;
        let items = rows.iter().map(read_listed).collect::<Result<Vec<_>, _>>()?;
        let rows = sqlx::query(
            "SELECT version, at_ms, policy FROM retention_policies WHERE version IN (SELECT r.policy FROM retention_deletions r \
             WHERE r.certificate = $1) ORDER BY version",
        )
        .bind(number)
        .fetch_all(tx.db())
        .await?;
        let policy = |row: &AnyRow| -> Result<serde_json::Value, sqlx::Error> {
            let rules: serde_json::Value = super::json_column(row, "policy")?;
            let (version, at_ms): (i64, i64) = (row.try_get("version")?, row.try_get("at_ms")?);
            Ok(json!({ "version": version, "adopted_at": rfc3339(at_ms), "days": rules }))
        };
        let policies = rows.iter().map(policy).collect::<Result<Vec<_>, _>>()?;
        let previous = sqlx::query(
            "SELECT sha256 FROM retention_certificates WHERE document IS NOT NULL ORDER BY certified_ms DESC, number DESC LIMIT 1",
        )
        .fetch_optional(tx.db())
        .await?;
        let previous: Option<String> = previous.map(|row| row.try_get("sha256")).transpose()?;
        let (mut candidates, bytes): (Vec<&str>, i64) =
            (items.iter().map(|item| item.candidate.as_str()).collect(), items.iter().map(|item| item.bytes).sum());
        candidates.dedup();
        let opened = rfc3339(batch.try_get("opened_ms")?);
        let text = document(number, &district, &by, (&opened, &rfc3339(now_ms)), &policies, &items, previous.as_deref());
        let signed = sign(text.as_bytes());
        let sha256 = crate::retention::digest(&text);
        let (n, files) = (i64::try_from(candidates.len()).unwrap_or(i64::MAX), i64::try_from(items.len()).unwrap_or(i64::MAX));
        sqlx::query(
            "UPDATE retention_certificates SET document = $1, sha256 = $2, signature = $3, key_id = $4, public_key = $5, \
             certified_ms = $6, candidates = $7, files = $8, bytes = $9 WHERE number = $10",
        )
        .bind(text)
        .bind(sha256.clone())
        .bind(STANDARD.encode(&signed.signature))
        .bind(signed.key_id.clone())
        .bind(signed.public_key_pem)
        .bind(now_ms)
        .bind(n)
        .bind(files)
        .bind(bytes)
        .bind(number)
        .execute(tx.db())
        .await?;
        let details = json!({ "sha256": sha256, "key_id": signed.key_id, "district": district, "candidates": n, "files": files,
                              "bytes": bytes });
        let object = number.to_string();
        tx.audit(Deed { actor: &by, action: "retention.deleted", object: &object, reason: None, details }).await?;
        tx.commit().await?;
        metrics::counter!("kerbwatch_console_retention_certificates_total").increment(1);
        Ok(())
    }

    /// Signed certificates of districts that the person sees, newest first.
    pub(crate) async fn deletion_certificates(
        &self,
        scope: &Scope,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<DeletionCertificate>, sqlx::Error> {
        let mut conditions = Conditions::within(scope, "t");
        conditions.and("t.document IS NOT NULL", []);
        if let Some(before) = before {
            conditions.and("t.number < ?", [Bind::Int(before)]);
        }
        // A certificate is of a whole district: who sees one street of it sees none.
        let sql = format!(
            "SELECT * FROM (SELECT n.*, '' AS street FROM retention_certificates n) t{} ORDER BY t.number DESC LIMIT {limit}",
            conditions.sql()
        );
        let read = |row: &AnyRow| -> Result<DeletionCertificate, sqlx::Error> {
            Ok(DeletionCertificate {
                number: row.try_get("number")?,
                district: row.try_get("district")?,
                at: rfc3339(row.try_get("certified_ms")?),
                by: row.try_get("by_name")?,
                candidates: row.try_get("candidates")?,
                files: row.try_get("files")?,
                bytes: row.try_get("bytes")?,
                sha256: row.try_get("sha256")?,
                key_id: row.try_get("key_id")?,
            })
        };
        conditions.query(sql).fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// One of them with its document, if the person sees it.
    pub(crate) async fn deletion_certificate(&self, scope: &Scope, number: i64) -> Result<Option<KeptPackage>, sqlx::Error> {
        let row =
            sqlx::query("SELECT *, certified_ms AS at_ms FROM retention_certificates WHERE number = $1 AND document IS NOT NULL")
                .bind(number)
                .fetch_optional(&self.pool)
                .await?;
        let Some(row) = row else { return Ok(None) };
        if !scope.holds(&row.try_get::<String, _>("district")?, "") {
            return Ok(None);
        }
        super::packages::kept(&row).map(Some)
    }
}

fn read_listed(row: &AnyRow) -> Result<Listed, sqlx::Error> {
    Ok(Listed {
        candidate: row.try_get("candidate")?,
        file: row.try_get("file")?,
        role: row.try_get("role")?,
        key: row.try_get("item_key")?,
        sha256: row.try_get("sha256")?,
        bytes: row.try_get("bytes")?,
        rule: word_column::<RetentionRule>(row, "rule")?,
        policy: row.try_get("policy")?,
        due_at: rfc3339(row.try_get("due_ms")?),
        outcome: row.try_get("outcome")?,
        at: rfc3339(row.try_get("deleted_ms")?),
    })
}
