//! What comes from the bus becomes rows: once, in any order, and what cannot be read is kept as a dead letter.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bus::{Delivery, Message};
use events::site::Site;
use events::wire::v1::{self, CameraData, CandidateData, EvidenceItem, ObservationData, topic};
use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::Row;

use super::{Store, Tx, flow};
use crate::clock::parse_ms;
use crate::dto::{self, LiveKind, SeenState, from_word};

/// Larger messages are dead letters: a candidate takes some kilobytes.
const MAX_MESSAGE: usize = 1 << 20;

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Taken {
    /// New: it is in the database.
    Stored,
    /// Already there, word for word.
    Duplicate,
    /// Its id is already there with other content; the first one stays.
    Conflicting,
    /// Unreadable; kept as a dead letter.
    Dead,
}

impl Taken {
    /// Its word in metrics.
    pub(crate) fn wire_name(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Duplicate => "duplicate",
            Self::Conflicting => "conflicting",
            Self::Dead => "dead_letter",
        }
    }
}

/// Why a message is not taken in.
enum Refusal {
    /// It is at fault.
    Message(String),
    /// The database is.
    Database(sqlx::Error),
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

fn refuse<T>(reason: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::Message(reason.into()))
}

fn time(field: &str, text: &str) -> Result<i64, Refusal> {
    parse_ms(text).map_or_else(|| refuse(format!("{field} {text:?} is not an RFC 3339 time")), Ok)
}

fn unit_box(bbox: [f64; 4]) -> Result<[f64; 4], Refusal> {
    let [x1, y1, x2, y2] = bbox;
    let inside = bbox.iter().all(|v| (0.0..=1.0).contains(v)) && x1 <= x2 && y1 <= y2;
    if inside { Ok(bbox) } else { refuse(format!("box {bbox:?} is not within 0..1")) }
}

fn finite(field: &str, value: f64) -> Result<f64, Refusal> {
    if value.is_finite() { Ok(value) } else { refuse(format!("{field} is not a number")) }
}

fn number(field: &str, value: u64) -> Result<i64, Refusal> {
    i64::try_from(value).map_or_else(|_| refuse(format!("{field} {value} is too large")), Ok)
}

fn identifier<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<(), Refusal> {
    text.parse::<T>().map(drop).map_err(|error| Refusal::Message(error.to_string()))
}

/// The file name of an evidence key, if the key is a plain relative path that cannot leave the store.
pub(crate) fn evidence_file(key: &str) -> Option<&str> {
    let plain = |part: &str| {
        (1..=128).contains(&part.len())
            && !part.starts_with('.')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    };
    if key.split('/').all(plain) && key.len() <= 512 { key.rsplit('/').next() } else { None }
}

fn check_evidence(items: &[EvidenceItem]) -> Result<(), Refusal> {
    if items.len() > 64 {
        return refuse("more than 64 evidence items");
    }
    for item in items {
        if evidence_file(&item.key).is_none() {
            return refuse(format!("evidence key {:?} is not a plain relative path", item.key));
        }
        if item.sha256.len() != 64 || !item.sha256.bytes().all(|b| b.is_ascii_hexdigit()) {
            return refuse(format!("sha256 of {:?} is not 64 hex digits", item.key));
        }
        number("bytes", item.bytes)?;
    }
    Ok(())
}

fn check_candidate(data: &CandidateData) -> Result<(), Refusal> {
    identifier::<events::CandidateId>(&data.id)?;
    identifier::<events::Kind>(&data.kind)?;
    identifier::<events::CameraId>(&data.camera)?;
    identifier::<events::ZoneId>(&data.zone)?;
    unit_box(data.bbox)?;
    finite("first_seen_s", data.first_seen_s)?;
    finite("raised_s", data.raised_s)?;
    number("run", data.run)?;
    if !(0.0..=1.0).contains(&data.score) {
        return refuse(format!("score {} is not within 0..1", data.score));
    }
    if !matches!(data.clock.as_str(), "arrival" | "declared" | "unknown") {
        return refuse(format!("clock {:?} is not known", data.clock));
    }
    if time("first_seen_at", &data.first_seen_at)? > time("raised_at", &data.raised_at)? {
        return refuse("raised_at lies before first_seen_at");
    }
    check_evidence(&data.evidence)
}

impl Store {
    /// Takes in a batch in one transaction; the answer has one entry per message. When one message cannot be stored for a
    /// reason that lies in it, the others still are.
    ///
    /// # Errors
    /// The database failed in a way that may pass: nothing of the batch was stored, or only its beginning; give it again.
    pub(crate) async fn take_in(&self, deliveries: &[Delivery]) -> Result<Vec<Taken>, sqlx::Error> {
        match self.take_in_together(deliveries).await {
            Err(error) if lies_in_the_data(&error) => {}
            other => return other,
        }
        let mut taken = Vec::with_capacity(deliveries.len());
        for delivery in deliveries {
            match self.take_in_together(std::slice::from_ref(delivery)).await {
                Ok(one) => taken.extend(one),
                Err(error) if lies_in_the_data(&error) => {
                    let mut tx = self.write().await?;
                    tx.bury(delivery, &format!("the database refuses it: {error}")).await?;
                    tx.commit().await?;
                    taken.push(Taken::Dead);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(taken)
    }

    async fn take_in_together(&self, deliveries: &[Delivery]) -> Result<Vec<Taken>, sqlx::Error> {
        let mut tx = self.write().await?;
        let now_ms = tx.now_ms();
        let mut taken = Vec::with_capacity(deliveries.len());
        for delivery in deliveries {
            taken.push(match tx.take_one(&delivery.message).await {
                Ok(taken) => taken,
                Err(Refusal::Message(reason)) => {
                    tx.bury(delivery, &reason).await?;
                    Taken::Dead
                }
                Err(Refusal::Database(error)) => return Err(error),
            });
        }
        sqlx::query("UPDATE heads SET value = $1 WHERE name = 'messages'").bind(now_ms).execute(tx.db()).await?;
        tx.commit().await?;
        Ok(taken)
    }
}

/// Would the same statement with the same values fail again? SQLSTATE classes 22 (data) and 23 (integrity); SQLite's
/// TOOBIG (18), CONSTRAINT (19) and MISMATCH (20), primary or extended.
fn lies_in_the_data(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    match code.as_deref() {
        Some(state) if state.len() == 5 => state.starts_with("22") || state.starts_with("23"),
        Some(number) => number.parse::<i64>().is_ok_and(|number| matches!(number & 0xff, 18..=20)),
        None => false,
    }
}

impl Tx {
    async fn take_one(&mut self, message: &Message) -> Result<Taken, Refusal> {
        let data = message.data.as_deref();
        if data.is_some_and(|data| data.len() > MAX_MESSAGE) {
            return refuse(format!("larger than {MAX_MESSAGE} bytes"));
        }
        // PostgreSQL cannot store U+0000 in a text.
        if data.is_some_and(|data| data.windows(6).any(|window| window == br"\u0000")) || message.id.contains('\0') {
            return refuse("the character U+0000 is not allowed");
        }
        let read = |error: bus::BadMessage| {
            let source = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
            Refusal::Message(format!("{error}{source}"))
        };
        match message.topic.as_str() {
            topic::CANDIDATES => self.take_candidate(message.parse(v1::CANDIDATE).map_err(read)?).await,
            topic::OBSERVATIONS => self.take_observation(&message.id, message.parse(v1::OBSERVATION).map_err(read)?).await,
            topic::CAMERAS if message.data.is_none() => self.retire_camera(&message.key).await,
            topic::CAMERAS => self.take_camera(message.parse(v1::CAMERA).map_err(read)?).await,
            other => refuse(format!("topic {other:?} is not read here")),
        }
    }

    async fn take_candidate(&mut self, data: CandidateData) -> Result<Taken, Refusal> {
        check_candidate(&data)?;
        let wire = serde_json::to_string(&data).expect("what was read can be written");
        let raised_ms = time("raised_at", &data.raised_at)?;
        self.heard_of(&data.camera, raised_ms).await?;
        let place = self.place(&data.camera, &data.zone).await?;
        let now_ms = self.now_ms();
        let [x1, y1, x2, y2] = data.bbox;
        let done = sqlx::query(
            "INSERT INTO candidates (id, state, version, kind, camera, zone, zone_version, permitted, permit, run, first_seen_s, \
             raised_s, first_seen_ms, raised_ms, received_ms, clock, x1, y1, x2, y2, score, why, models, wire, camera_name, \
             district, street, zone_name, key_area) VALUES ($1, 'open', 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, \
             $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27) ON CONFLICT (id) DO NOTHING",
        )
        .bind(data.id.clone())
        .bind(data.kind.clone())
        .bind(data.camera.clone())
        .bind(data.zone.clone())
        .bind(data.zone_version.clone())
        .bind(i64::from(data.permitted))
        .bind(data.permit.clone())
        .bind(number("run", data.run)?)
        .bind(data.first_seen_s)
        .bind(data.raised_s)
        .bind(time("first_seen_at", &data.first_seen_at)?)
        .bind(raised_ms)
        .bind(now_ms)
        .bind(data.clock.clone())
        .bind(x1)
        .bind(y1)
        .bind(x2)
        .bind(y2)
        .bind(data.score)
        .bind(serde_json::to_string(&data.why).expect("a trace is JSON"))
        .bind(serde_json::to_string(&data.models).expect("models are JSON"))
        .bind(wire.clone())
        .bind(place.camera_name)
        .bind(place.district)
        .bind(place.street)
        .bind(place.zone_name)
        .bind(i64::from(place.key_area))
        .execute(self.db())
        .await?;
        if done.rows_affected() == 0 {
            let row = sqlx::query("SELECT wire FROM candidates WHERE id = $1").bind(data.id).fetch_one(self.db()).await?;
            let same = row.try_get::<String, _>("wire")? == wire;
            return Ok(if same { Taken::Duplicate } else { Taken::Conflicting });
        }
        self.set_clocks(&data.id).await?;
        self.put_evidence(&data.id, &data.evidence).await?;
        let (id, kind, camera, permitted) = (&data.id, &data.kind, &data.camera, data.permitted);
        let new = json!({ "id": id, "kind": kind, "camera": camera, "state": "open", "permitted": permitted });
        self.live(LiveKind::CandidateNew, new).await?;
        // Looks that came before the candidate.
        self.join_looks(&data.id).await?;
        Ok(Taken::Stored)
    }

    async fn put_evidence(&mut self, candidate: &str, items: &[EvidenceItem]) -> Result<(), Refusal> {
        for item in items {
            let Some(file) = evidence_file(&item.key) else { return refuse("an evidence key is not a plain relative path") };
            sqlx::query(
                "INSERT INTO evidence_items (candidate, file, role, item_key, sha256, bytes) VALUES ($1, $2, $3, $4, $5, $6) \
                 ON CONFLICT (candidate, file) DO NOTHING",
            )
            .bind(candidate)
            .bind(file)
            .bind(item.role.clone())
            .bind(item.key.clone())
            .bind(item.sha256.to_ascii_lowercase())
            .bind(number("bytes", item.bytes)?)
            .execute(self.db())
            .await?;
        }
        // What was deleted stays deleted: only a file that is new is a picture to be kept.
        self.count_pictures(candidate).await?;
        Ok(())
    }

    /// The latest look decides what the camera last said of the candidate, whatever the order they came in.
    async fn join_looks(&mut self, candidate: &str) -> Result<(), sqlx::Error> {
        let latest =
            sqlx::query("SELECT state, at_ms FROM observations WHERE candidate = $1 ORDER BY at_ms DESC, id DESC LIMIT 1")
                .bind(candidate)
                .fetch_optional(self.db())
                .await?;
        let Some(latest) = latest else { return Ok(()) };
        let (state, at_ms): (String, i64) = (latest.try_get("state")?, latest.try_get("at_ms")?);
        let row = sqlx::query(
            "UPDATE candidates SET seen_state = $1, seen_ms = $2, ended_ms = CASE WHEN $1 = 'present' THEN NULL WHEN $2 > raised_ms \
             THEN $2 ELSE raised_ms END WHERE id = $3 AND (seen_ms IS NULL OR seen_ms <= $2) RETURNING state, version",
        )
        .bind(state.clone())
        .bind(at_ms)
        .bind(candidate)
        .fetch_optional(self.db())
        .await?;
        let Some(row) = row else { return Ok(()) };
        let (now, version): (String, i64) = (row.try_get("state")?, row.try_get("version")?);
        let data = json!({ "id": candidate, "state": now, "version": version, "seen_state": state });
        self.live(LiveKind::CandidateChanged, data).await
    }

    async fn take_observation(&mut self, id: &str, data: ObservationData) -> Result<Taken, Refusal> {
        identifier::<events::CameraId>(&data.camera)?;
        finite("at_s", data.at_s)?;
        let at_ms = time("at", &data.at)?;
        let bbox = data.bbox.map(unit_box).transpose()?;
        let run = number("run", data.run)?;
        check_evidence(&data.evidence)?;
        if id.is_empty() || id.len() > 300 {
            return refuse("the event id is not of 1 to 300 characters");
        }
        match (&data.candidate, &data.state, &data.health) {
            (Some(candidate), Some(state), None) => {
                identifier::<events::CandidateId>(candidate)?;
                if from_word::<SeenState>(state).is_none() {
                    return refuse(format!("state {state:?} is not known"));
                }
            }
            (None, None, Some(health)) => {
                if from_word::<dto::Health>(health).is_none() {
                    return refuse(format!("health {health:?} is not known"));
                }
            }
            _ => return refuse("an observation has either candidate and state, or health"),
        }
        let account = match &data.account {
            None => None,
            Some(_) if data.candidate.is_some() => return refuse("an account is of a camera, not of a candidate"),
            Some(account) => Some(flow::check(account, at_ms).map_err(Refusal::Message)?),
        };
        self.heard_of(&data.camera, at_ms).await?;
        if let Some(account) = &account {
            // It is no beat: a worker whose models fail still counts frames.
            let new = self.take_account(&data.camera, run, account).await?;
            return Ok(if new { Taken::Stored } else { Taken::Duplicate });
        }
        if let Some(health) = &data.health {
            self.mark_watch(&data.camera, health, at_ms).await?;
            self.mark_run(&data.camera, run, (at_ms, at_ms), None).await?;
        }
        if let Some(health) = &data.health
            && !self.put_health(&data.camera, health, at_ms).await?
        {
            return Ok(Taken::Duplicate);
        }
        let now_ms = self.now_ms();
        let done = sqlx::query(
            "INSERT INTO observations (id, camera, candidate, state, health, run, at_s, at_ms, box, received_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING",
        )
        .bind(id)
        .bind(data.camera.clone())
        .bind(data.candidate.clone())
        .bind(data.state.clone())
        .bind(data.health.clone())
        .bind(run)
        .bind(data.at_s)
        .bind(at_ms)
        .bind(bbox.map(|bbox| json!(bbox).to_string()))
        .bind(now_ms)
        .execute(self.db())
        .await?;
        if done.rows_affected() == 0 {
            return Ok(Taken::Duplicate);
        }
        if let Some(candidate) = &data.candidate {
            self.put_evidence(candidate, &data.evidence).await?;
            self.join_looks(candidate).await?;
        }
        Ok(Taken::Stored)
    }

    /// `false` when this is not news: a heartbeat, or older than what is known. Heartbeats move `last_seen_ms` only, so that
    /// a city of cameras does not fill the table with "still fine".
    async fn put_health(&mut self, camera: &str, health: &str, at_ms: i64) -> Result<bool, sqlx::Error> {
        let done = sqlx::query(
            "UPDATE cameras SET health = $1, health_ms = $2 WHERE id = $3 AND (health_ms IS NULL OR health_ms < $2) \
             AND (health IS NULL OR health <> $1)",
        )
        .bind(health)
        .bind(at_ms)
        .bind(camera)
        .execute(self.db())
        .await?;
        let news = done.rows_affected() > 0;
        if news {
            self.live(LiveKind::CameraChanged, json!({ "id": camera, "health": health })).await?;
        }
        Ok(news)
    }

    async fn take_camera(&mut self, data: CameraData) -> Result<Taken, Refusal> {
        identifier::<events::CameraId>(&data.camera)?;
        let version = number("version", data.version)?;
        let site = Site::parse("message", &data.site).map_err(|error| Refusal::Message(error.to_string()))?;
        let [camera] = site.cameras.as_slice() else { return refuse("a camera message holds exactly one camera") };
        if camera.id.as_str() != data.camera {
            return refuse(format!("the message is of {} and its site of {}", data.camera, camera.id));
        }
        let (known, _) = self.camera_version(&data.camera).await?;
        if version <= known {
            return Ok(Taken::Duplicate);
        }
        self.put_camera(camera, &data.site, version, "bus").await?;
        Ok(Taken::Stored)
    }

    async fn retire_camera(&mut self, camera: &str) -> Result<Taken, Refusal> {
        identifier::<events::CameraId>(camera)?;
        let done =
            sqlx::query("UPDATE cameras SET retired = 1 WHERE id = $1 AND retired = 0").bind(camera).execute(self.db()).await?;
        Ok(if done.rows_affected() > 0 { Taken::Stored } else { Taken::Duplicate })
    }

    /// Keeps what cannot be read. The same delivery twice is one dead letter.
    async fn bury(&mut self, delivery: &Delivery, reason: &str) -> Result<(), sqlx::Error> {
        let message = &delivery.message;
        let data = message.data.as_deref().unwrap_or_default();
        let position = delivery.position.to_string();
        let mut hash = Sha256::new();
        hash.update(position.as_bytes());
        hash.update([0]);
        hash.update(data);
        let text = |text: &str| text.replace('\0', "\u{fffd}").chars().take(1000).collect::<String>();
        let now_ms = self.now_ms();
        sqlx::query(
            "INSERT INTO dead_letters (id, received_ms, position, event_id, kind, reason, data_base64) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING",
        )
        .bind(hex::encode(hash.finalize()))
        .bind(now_ms)
        .bind(position)
        .bind(text(&message.id))
        .bind(text(&message.kind))
        .bind(text(reason))
        .bind(STANDARD.encode(&data[..data.len().min(MAX_MESSAGE)]))
        .execute(self.db())
        .await?;
        Ok(())
    }
}
