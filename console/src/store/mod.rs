//! The database: SQLite or PostgreSQL by URL, one text of SQL for both.
//!
//! Every change goes through [`Tx`], which first takes the writer's lock (a row of `heads`). So changes happen one after the
//! other in the whole installation, numbers are given out in the order of commit, and no two transactions can deadlock. Reads
//! take no lock. What this costs is bounded: intake writes hundreds of messages in one transaction.
//!
//! Who sees which rows: `scope.rs` says how every query is scoped. Read it before adding one.

mod accounts;
mod areas;
mod audit;
mod audit_checks;
mod bulk;
mod cameras;
mod candidates;
mod case_acts;
mod cases;
mod certificates;
mod clearance;
mod clocks;
mod deletion_certificates;
mod deletions;
mod deliveries;
mod finds;
mod flow;
mod frame_audits;
mod holds;
mod intake;
mod judged;
mod legal;
mod legal_revise;
mod live;
mod maintenance;
mod many;
mod notices;
mod observed;
mod oidc;
mod originals;
mod outbox;
mod packages;
mod party;
mod precision;
mod queue;
mod receiver_secrets;
mod receivers;
mod recusals;
mod register;
mod retention;
mod review;
mod same_thing;
mod samples;
mod scope;
mod seen;
mod training;
mod units;
mod users;
mod watch;
mod zone_drafts;
mod zone_versions;

use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use sqlx::any::{AnyArguments, AnyPoolOptions, AnyRow};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::query::Query;
use sqlx::{Any, AnyPool, AssertSqlSafe, Row, SqlSafeStr, Transaction};
use tokio::sync::{Mutex, Notify, OwnedMutexGuard};

use crate::clock::Clock;
use crate::sla::ReviewConfig;

pub(crate) use accounts::Origin;
pub(crate) use audit::Deed;
pub(crate) use bulk::{Bulk, Cell};
pub(crate) use cases::{CaseSort, for_reviewer, of_mode, overdue, unanswered};
pub(crate) use clearance::{CellOf, ClearanceProgress, DayRow, Restatement};
pub(crate) use deletions::{ClaimedFile, Erased, RUNNING_MS};
pub(crate) use deliveries::{Due, Tried};
pub(crate) use finds::{FindRow, PutFind};
pub(crate) use flow::Flow;
pub(crate) use frame_audits::{AuditPlan, DrawnMinute, MinuteRow, NewAudit};
pub(crate) use intake::evidence_file;
pub(crate) use legal::LegalList;
pub(crate) use live::LiveEvent;
pub(crate) use many::MOST as MOST_AT_ONCE;
pub(crate) use notices::Told;
pub(crate) use observed::{CameraTime, Watching};
pub(crate) use oidc::Admitted;
pub(crate) use packages::KeptPackage;
pub(crate) use party::Opened;
pub(crate) use precision::{Decided, LEAST as LEAST_DECISIONS};
pub(crate) use queue::{Filter, Sort, cursor_after, cursor_text};
pub(crate) use recusals::kept_out;
pub(crate) use retention::PlanFilter;
pub(crate) use samples::{Draw, Weighed};
pub(crate) use scope::{Scope, Thing};
pub(crate) use seen::CellTime;
pub(crate) use training::TrainingRow;
pub(crate) use units::CITY;
pub(crate) use users::{Attempt, StoredUser};
pub(crate) use zone_drafts::StoredDraft;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Backend {
    Sqlite,
    Postgres,
}

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The URL is neither SQLite's nor PostgreSQL's.
    #[error("database {0:?}: expected sqlite:///path/to/file or postgres://user@host/name")]
    Url(String),
    /// It does not answer, or refuses.
    #[error("opening the database {url}")]
    Open {
        /// The URL without its password.
        url: String,
        /// Why.
        source: sqlx::Error,
    },
    /// It holds another version of the tables.
    #[error("migrating the database {url}")]
    Migrate {
        /// The URL without its password.
        url: String,
        /// Why.
        source: sqlx::migrate::MigrateError,
    },
    /// A statement failed.
    #[error("{operation}")]
    Query {
        /// What was being done.
        operation: &'static str,
        /// Why.
        source: sqlx::Error,
    },
}

/// A pool of connections to the migrated database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pool: AnyPool,
    backend: Backend,
    clock: Arc<dyn Clock>,
    /// SQLite's own waiting is unfair and gives up; ours queues.
    writer: Arc<Mutex<()>>,
    live: Arc<Notify>,
    outbox: Arc<Notify>,
    /// Set once, before anything is taken in; the defaults where nobody did.
    review: Arc<OnceLock<ReviewConfig>>,
    deliveries: Arc<Notify>,
}

impl Store {
    /// Connects, and brings the tables up to date.
    ///
    /// # Errors
    /// A URL of another kind, a database that does not answer, tables of a newer version.
    pub async fn open(url: &str, connections: u32, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let backend = match url.split(':').next() {
            Some("sqlite") => Backend::Sqlite,
            Some("postgres" | "postgresql") => Backend::Postgres,
            _ => return Err(StoreError::Url(events::site::redact_source(url))),
        };
        let shown = events::site::redact_source(url);
        let open = |source| StoreError::Open { url: shown.clone(), source };
        let full = match backend {
            Backend::Sqlite if !url.contains('?') => format!("{url}?mode=rwc"),
            _ => url.to_owned(),
        };
        let options = sqlx::any::AnyConnectOptions::from_str(&full).map_err(open)?;
        let pool = AnyPoolOptions::new()
            .max_connections(connections.max(2))
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    if backend == Backend::Sqlite {
                        // WAL: readers and the writer do not wait for each other. FULL: a decision that was answered is on disk.
                        // FAST: what is replaced, e.g. a secret, is zeroed in the page that is written anyway.
                        // The cache is that of the upper levels of a city's indexes, not of its rows.
                        let pragmas = "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                                       PRAGMA foreign_keys = ON; PRAGMA secure_delete = FAST; PRAGMA cache_size = -32000";
                        sqlx::raw_sql(pragmas).execute(&mut *connection).await?;
                    }
                    Ok(())
                })
            })
            .connect_with(options)
            .await
            .map_err(open)?;
        migrator(backend).run(&pool).await.map_err(|source| StoreError::Migrate { url: shown.clone(), source })?;
        let store = Self {
            pool,
            backend,
            clock,
            writer: Arc::default(),
            live: Arc::default(),
            outbox: Arc::default(),
            deliveries: Arc::default(),
            review: Arc::default(),
        };
        let query = |source| StoreError::Query { operation: "putting the places of cameras into the organisation tree", source };
        store.plant_units().await.map_err(query)?;
        Ok(store)
    }

    /// The clock that all rows are stamped with.
    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Rings when live events were written.
    pub(crate) fn live_bell(&self) -> &Arc<Notify> {
        &self.live
    }

    /// Rings when there is something to publish.
    pub(crate) fn outbox_bell(&self) -> &Arc<Notify> {
        &self.outbox
    }

    /// Rings when something may be due to a receiver.
    pub(crate) fn delivery_bell(&self) -> &Arc<Notify> {
        &self.deliveries
    }

    /// Does the database answer?
    ///
    /// # Errors
    /// It does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let query = sqlx::query("SELECT 1").fetch_one(&self.pool).await;
        query.map(drop).map_err(|source| StoreError::Query { operation: "asking the database for a sign of life", source })
    }

    /// Closes all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Begins a change and waits for the writer's lock.
    pub(crate) async fn write(&self) -> Result<Tx, sqlx::Error> {
        let guard = Arc::clone(&self.writer).lock_owned().await;
        let mut inner = self.pool.begin().await?;
        // The first statement writes: on SQLite that takes the write lock before anything was read, so that a snapshot can
        // never be too old; on PostgreSQL it locks the row until the end.
        sqlx::query("UPDATE heads SET value = value + 1 WHERE name = 'writer'").execute(&mut *inner).await?;
        let now_ms = self.clock.now_ms();
        Ok(Tx { inner, now_ms, rings: (false, false), store: self.clone(), _guard: guard })
    }

    /// A value that is made once and kept for the installation, e.g. a key.
    ///
    /// # Errors
    /// The database failed.
    pub(crate) async fn setting_or(&self, name: &str, make: impl FnOnce() -> String + Send) -> Result<String, sqlx::Error> {
        let mut tx = self.write().await?;
        let kept = sqlx::query("SELECT value FROM settings WHERE name = $1").bind(name).fetch_optional(tx.db()).await?;
        let value = match kept {
            Some(row) => row.try_get("value")?,
            None => {
                let value = make();
                let insert = sqlx::query("INSERT INTO settings (name, value) VALUES ($1, $2)").bind(name).bind(value.clone());
                insert.execute(tx.db()).await?;
                value
            }
        };
        tx.commit().await?;
        Ok(value)
    }
}

/// A change in the making. Dropped without [`Tx::commit`], nothing of it happened.
pub(crate) struct Tx {
    inner: Transaction<'static, Any>,
    now_ms: i64,
    /// What to wake after the commit: live stream, outbox.
    rings: (bool, bool),
    store: Store,
    _guard: OwnedMutexGuard<()>,
}

impl Tx {
    /// The one time of everything in this change.
    pub(crate) fn now_ms(&self) -> i64 {
        self.now_ms
    }

    pub(crate) fn db(&mut self) -> &mut sqlx::AnyConnection {
        &mut self.inner
    }

    /// The next number of a head, in the order of commit.
    async fn next(&mut self, head: &'static str) -> Result<i64, sqlx::Error> {
        let row = sqlx::query("UPDATE heads SET value = value + 1 WHERE name = $1 RETURNING value")
            .bind(head)
            .fetch_one(self.db())
            .await?;
        row.try_get("value")
    }

    /// Makes it so, then wakes whoever waits for it.
    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        self.inner.commit().await?;
        if self.rings.0 {
            self.store.live.notify_one();
        }
        if self.rings.1 {
            self.store.outbox.notify_one();
            self.store.deliveries.notify_one();
        }
        Ok(())
    }
}

fn migrator(backend: Backend) -> Migrator {
    let step = |version, name: &'static str, sql: &'static str| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    let append_only = match backend {
        Backend::Sqlite => include_str!("../../migrations/sqlite/0002_append_only.sql"),
        Backend::Postgres => include_str!("../../migrations/postgres/0002_append_only.sql"),
    };
    let register_append_only = match backend {
        Backend::Sqlite => include_str!("../../migrations/sqlite/0021_append_only.sql"),
        Backend::Postgres => include_str!("../../migrations/postgres/0021_append_only.sql"),
    };
    let handover_append_only = match backend {
        Backend::Sqlite => include_str!("../../migrations/sqlite/0023_append_only.sql"),
        Backend::Postgres => include_str!("../../migrations/postgres/0023_append_only.sql"),
    };
    let zones_append_only = match backend {
        Backend::Sqlite => include_str!("../../migrations/sqlite/0031_zones_append_only.sql"),
        Backend::Postgres => include_str!("../../migrations/postgres/0031_zones_append_only.sql"),
    };
    let clearance_append_only = match backend {
        Backend::Sqlite => include_str!("../../migrations/sqlite/0041_clearance_append_only.sql"),
        Backend::Postgres => include_str!("../../migrations/postgres/0041_clearance_append_only.sql"),
    };
    let audit_checks_append_only = match backend {
        Backend::Sqlite => include_str!("../../migrations/sqlite/0072_audit_checks_append_only.sql"),
        Backend::Postgres => include_str!("../../migrations/postgres/0072_audit_checks_append_only.sql"),
    };
    let samples = match backend {
        Backend::Sqlite => include_str!("../../migrations/sqlite/0053_samples_append_only.sql"),
        Backend::Postgres => include_str!("../../migrations/postgres/0053_samples_append_only.sql"),
    };
    let candidate_counts = match backend {
        Backend::Sqlite => include_str!("../../migrations/sqlite/0060_candidate_counts.sql"),
        Backend::Postgres => include_str!("../../migrations/postgres/0060_candidate_counts.sql"),
    };
    let tallies = match backend {
        Backend::Sqlite => include_str!("../../migrations/sqlite/0063_tallies.sql"),
        Backend::Postgres => include_str!("../../migrations/postgres/0063_tallies.sql"),
    };
    let certificates = match backend {
        Backend::Sqlite => include_str!("../../migrations/sqlite/0095_certificates.sql"),
        Backend::Postgres => include_str!("../../migrations/postgres/0095_certificates.sql"),
    };
    let recusals = match backend {
        Backend::Sqlite => include_str!("../../migrations/sqlite/0096_recusals.sql"),
        Backend::Postgres => include_str!("../../migrations/postgres/0096_recusals.sql"),
    };
    let party = match backend {
        Backend::Sqlite => include_str!("../../migrations/sqlite/0097_party.sql"),
        Backend::Postgres => include_str!("../../migrations/postgres/0097_party.sql"),
    };
    let originals = match backend {
        Backend::Sqlite => include_str!("../../migrations/sqlite/0098_originals.sql"),
        Backend::Postgres => include_str!("../../migrations/postgres/0098_originals.sql"),
    };
    let retention_append_only = match backend {
        Backend::Sqlite => include_str!("../../migrations/sqlite/0091_retention_append_only.sql"),
        Backend::Postgres => include_str!("../../migrations/postgres/0091_retention_append_only.sql"),
    };
    let recall_append_only = match backend {
        Backend::Sqlite => include_str!("../../migrations/sqlite/0101_recall_append_only.sql"),
        Backend::Postgres => include_str!("../../migrations/postgres/0101_recall_append_only.sql"),
    };
    Migrator::with_migrations(vec![
        step(1, "tables", include_str!("../../migrations/common/0001_tables.sql")),
        step(2, "append only", append_only),
        step(10, "review queue", include_str!("../../migrations/common/0010_review_queue.sql")),
        step(20, "life of a case", include_str!("../../migrations/common/0020_lifecycle.sql")),
        step(21, "register append only", register_append_only),
        step(22, "hand-over", include_str!("../../migrations/common/0022_handover.sql")),
        step(23, "hand-over append only", handover_append_only),
        step(30, "zone drafts", include_str!("../../migrations/common/0030_zone_drafts.sql")),
        step(31, "zones append only", zones_append_only),
        step(40, "clearance", include_str!("../../migrations/common/0040_clearance.sql")),
        step(41, "clearance append only", clearance_append_only),
        step(50, "units", include_str!("../../migrations/common/0050_units.sql")),
        step(51, "accounts", include_str!("../../migrations/common/0051_accounts.sql")),
        step(52, "samples", include_str!("../../migrations/common/0052_samples.sql")),
        step(53, "samples append only", samples),
        step(60, "candidate counts", candidate_counts),
        step(61, "clearance facts", include_str!("../../migrations/common/0061_clearance_facts.sql")),
        step(62, "reasons and indexes", include_str!("../../migrations/common/0062_reasons_and_indexes.sql")),
        step(63, "tallies", tallies),
        step(64, "counts by camera", include_str!("../../migrations/common/0064_counts_by_camera.sql")),
        step(70, "sign-in", include_str!("../../migrations/common/0070_sign_in.sql")),
        step(71, "audit checks", include_str!("../../migrations/common/0071_audit_checks.sql")),
        step(72, "audit checks append only", audit_checks_append_only),
        step(80, "law by version", include_str!("../../migrations/common/0080_law_versions.sql")),
        step(85, "merged and rulings", include_str!("../../migrations/common/0085_merged_and_rulings.sql")),
        step(86, "areas", include_str!("../../migrations/common/0086_areas.sql")),
        step(87, "desks of cases", include_str!("../../migrations/common/0087_case_desks.sql")),
        step(88, "examples", include_str!("../../migrations/common/0088_examples.sql")),
        step(89, "maintenance", include_str!("../../migrations/common/0089_maintenance.sql")),
        step(90, "retention", include_str!("../../migrations/common/0090_retention.sql")),
        step(91, "retention append only", retention_append_only),
        step(95, "certificates", certificates),
        step(96, "recusals", recusals),
        step(97, "party", party),
        step(98, "originals", originals),
        step(100, "recall", include_str!("../../migrations/common/0100_recall.sql")),
        step(101, "recall append only", recall_append_only),
        step(110, "camera flow", include_str!("../../migrations/common/0110_camera_flow.sql")),
        step(120, "cases by candidate", include_str!("../../migrations/common/0120_cases_by_candidate.sql")),
        step(121, "cases by candidate", include_str!("../../migrations/common/0121_audit_units.sql")),
        step(122, "when candidates ended", include_str!("../../migrations/common/0122_ended.sql")),
    ])
}

/// A value to be bound.
#[derive(Debug, Clone)]
pub(crate) enum Bind {
    Text(String),
    Int(i64),
    Float(f64),
}

/// Conditions that are put together from what was asked for. Texts of conditions are ours, values are always bound. They begin
/// with a scope ([`Conditions::within`]), or with the word that there is none.
#[derive(Debug, Clone)]
pub(crate) struct Conditions {
    parts: Vec<String>,
    binds: Vec<Bind>,
}

impl Conditions {
    /// No scope: for tables that have no place, and for rows whose id the gate has let through.
    pub(crate) fn everywhere() -> Self {
        Self { parts: Vec::new(), binds: Vec::new() }
    }

    /// Adds a condition in which each `?` stands for one value.
    pub(crate) fn and(&mut self, condition: &str, values: impl IntoIterator<Item = Bind>) {
        let text = self.numbered(condition, values);
        self.parts.push(text);
    }

    /// The text of a condition whose values are bound, for a place of its own in the statement. It must stand there:
    /// PostgreSQL refuses a value that is bound and not used.
    pub(crate) fn numbered(&mut self, condition: &str, values: impl IntoIterator<Item = Bind>) -> String {
        let mut text = String::new();
        let mut values = values.into_iter();
        for piece in condition.split_inclusive('?') {
            match piece.strip_suffix('?') {
                Some(head) => {
                    self.binds.push(values.next().expect("a condition has a value for each of its marks"));
                    text.push_str(&format!("{head}${}", self.binds.len()));
                }
                None => text.push_str(piece),
            }
        }
        text
    }

    /// Does everything satisfy them?
    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The conditions, to stand among others.
    pub(crate) fn text(&self) -> String {
        if self.parts.is_empty() { "1 = 1".to_owned() } else { self.parts.join(" AND ") }
    }

    /// `column IN (…)`.
    pub(crate) fn one_of(&mut self, column: &str, values: &[String]) {
        let marks = vec!["?"; values.len()].join(", ");
        self.and(&format!("{column} IN ({marks})"), values.iter().cloned().map(Bind::Text));
    }

    /// ` WHERE …`, or nothing.
    pub(crate) fn sql(&self) -> String {
        if self.parts.is_empty() { String::new() } else { format!(" WHERE {}", self.parts.join(" AND ")) }
    }

    /// The statement with its values.
    pub(crate) fn query(&self, sql: String) -> Query<'static, Any, AnyArguments> {
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for bind in &self.binds {
            query = match bind.clone() {
                Bind::Text(text) => query.bind(text),
                Bind::Int(number) => query.bind(number),
                Bind::Float(number) => query.bind(number),
            };
        }
        query
    }
}

/// Escapes `%`, `_` and the escape itself for `LIKE … ESCAPE '!'`.
pub(crate) fn like(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    for c in text.chars() {
        if matches!(c, '%' | '_' | '!') {
            out.push('!');
        }
        out.push(c);
    }
    out
}

/// JSON in a text column; what cannot be read is a fault of the database, not of the reader.
pub(crate) fn json_column<T: serde::de::DeserializeOwned>(row: &AnyRow, column: &'static str) -> Result<T, sqlx::Error> {
    let text: String = row.try_get(column)?;
    serde_json::from_str(&text).map_err(|source| sqlx::Error::ColumnDecode { index: column.to_owned(), source: source.into() })
}

/// A word in a text column, as one of our enums.
pub(crate) fn word_column<T: serde::de::DeserializeOwned>(row: &AnyRow, column: &'static str) -> Result<T, sqlx::Error> {
    let text: String = row.try_get(column)?;
    crate::dto::from_word(&text).ok_or_else(|| sqlx::Error::ColumnDecode {
        index: column.to_owned(),
        source: format!("{text:?} is not one of the known words").into(),
    })
}

/// A word that may be absent.
pub(crate) fn word_column_opt<T: serde::de::DeserializeOwned>(
    row: &AnyRow,
    column: &'static str,
) -> Result<Option<T>, sqlx::Error> {
    let text: Option<String> = row.try_get(column)?;
    if text.is_some() { word_column(row, column).map(Some) } else { Ok(None) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// A file that nobody applies looks like a migration and is none.
    #[test]
    fn every_migration_is_applied_in_the_order_of_its_number() {
        for (backend, own) in [(Backend::Sqlite, "sqlite"), (Backend::Postgres, "postgres")] {
            let numbers = ["common", own].into_iter().flat_map(|folder| {
                let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(folder);
                std::fs::read_dir(folder)
                    .unwrap()
                    .map(|entry| entry.unwrap().file_name().to_string_lossy()[..4].parse::<i64>().unwrap())
            });
            let files: BTreeSet<i64> = numbers.collect();
            let applied: Vec<i64> = migrator(backend).iter().map(|step| step.version).collect();
            assert_eq!(applied, files.into_iter().collect::<Vec<_>>(), "{own}");
        }
    }
}
