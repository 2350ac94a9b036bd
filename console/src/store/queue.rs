//! The queue as pages and counts, with a city's candidates behind it.
//!
//! `candidate_counts` says how many candidates there are of each camera, zone, kind, key area, permit and state. Triggers keep it
//! in the transaction of whatever changes a candidate, so the counts are those of a `COUNT(*)`, at the price of adding up some
//! thousand rows instead of a million.
//!
//! A page is put together state by state: within one state the index of the order is walked until the page is full. How many
//! rows match is known beforehand. Where there are none, nothing is walked; where they are so rare that the walk would be long,
//! the cells that have some (camera, zone, kind) are read instead and sorted.

use std::collections::BTreeMap;

use serde_json::Value;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::candidates::{SUMMARY_COLUMNS, summary};
use super::clocks::OWED;
use super::recusals::NOT_RECUSED;
use super::{Bind, Conditions, Store, like};
use crate::dto::{CandidateState, CandidateSummary, StateCounts, from_word};
use crate::view::View;

/// A walk past more rows than this is compared with reading the cells. Few in tests, so that they go both ways.
const LONG_WALK: i64 = if cfg!(test) { 4 } else { 4_000 };
/// A search for fewer characters does not look at ids: it would find a sixteenth of all, and mean none of them.
const ID_PREFIX: usize = 4;

/// What the search field means, apart from ids.
const TEXT: &str = "(LOWER(c.camera) LIKE ? ESCAPE '!' OR LOWER(c.camera_name) LIKE ? ESCAPE '!' OR LOWER(c.zone) LIKE ? ESCAPE '!' \
     OR LOWER(c.zone_name) LIKE ? ESCAPE '!' OR LOWER(c.street) LIKE ? ESCAPE '!' OR LOWER(c.district) LIKE ? ESCAPE '!')";

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    Newest,
    Oldest,
    Score,
    /// By `rank_ms`; see [`crate::sla`].
    Risk,
}

impl Sort {
    fn column(self) -> &'static str {
        match self {
            Self::Newest | Self::Oldest => "raised_ms",
            Self::Score => "score",
            Self::Risk => "rank_ms",
        }
    }

    fn direction(self) -> &'static str {
        match self {
            Self::Newest | Self::Score => "DESC",
            Self::Oldest | Self::Risk => "ASC",
        }
    }
}

/// Where a page begins: after this row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum After {
    Raised(i64, String),
    Score(f64, String),
    Rank(i64, String),
}

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    /// Scope, kind, place and key area: only columns that `candidate_counts` has, too.
    pub(crate) conditions: Conditions,
    /// Whoever is kept out of something is not offered it: the log-in name of who asks, where they decide.
    pub(crate) recused: Option<String>,
    /// Covered by a permit or not; `None` is both.
    pub(crate) permitted: Option<bool>,
    /// Where the review's clock stands. Only a review that is owed has one: decided candidates are left out.
    pub(crate) clock: Option<(&'static str, Vec<Bind>)>,
    /// What is searched for; not empty.
    pub(crate) q: Option<String>,
    /// Empty is any.
    pub(crate) states: Vec<String>,
    pub(crate) sort: Sort,
    pub(crate) after: Option<After>,
    pub(crate) limit: i64,
}

/// How many there are of each state.
type Counts = BTreeMap<String, i64>;

fn text_binds(q: &str) -> Vec<Bind> {
    vec![Bind::Text(format!("%{}%", like(&q.to_lowercase()))); 6]
}

/// The ids that begin so. Ids are hexadecimal: no digit is greater than `f`, in whatever order of letters.
fn id_range(q: &str) -> Option<[Bind; 2]> {
    let hex = q.bytes().all(|b| b.is_ascii_hexdigit()) && (ID_PREFIX..=32).contains(&q.len());
    let q = q.to_ascii_lowercase();
    hex.then(|| [Bind::Text(q.clone()), Bind::Text(format!("{q}g"))])
}

/// What is searched for, ids included, as a condition.
fn searched(q: &str) -> (String, Vec<Bind>) {
    let mut values = text_binds(q);
    match id_range(q) {
        None => (TEXT.to_owned(), values),
        Some(range) => {
            values.extend(range);
            (format!("({TEXT} OR (c.id >= ? AND c.id < ?))"), values)
        }
    }
}

impl Filter {
    /// Permits as a condition that an index serves, or, for reading cells, as one that none does.
    fn permit(&self, indexed: bool) -> String {
        let column = if indexed { "c.permitted" } else { "c.permitted + 0" };
        self.permitted.map_or("1 = 1".to_owned(), |is| format!("{column} = {}", i64::from(is)))
    }

    fn is_narrow(&self) -> bool {
        self.q.is_some() || !self.conditions.is_empty()
    }

    fn wants(&self, state: &str) -> bool {
        self.states.is_empty() || self.states.iter().any(|wanted| wanted == state)
    }
}

/// Words of ours as a list of texts.
fn quoted(states: &[&str]) -> String {
    states.iter().map(|state| format!("'{state}'")).collect::<Vec<_>>().join(", ")
}

/// The statement of a page in the making: all its parts share the values that are bound.
struct Draft<'a> {
    filter: &'a Filter,
    /// What holds for every row, cursor and clock included.
    base: Conditions,
    text: Option<String>,
    ids: Option<String>,
}

impl<'a> Draft<'a> {
    fn new(filter: &'a Filter) -> Self {
        let mut base = filter.conditions.clone();
        if let Some((clock, binds)) = &filter.clock {
            base.and(clock, binds.clone());
        }
        if let Some(name) = &filter.recused {
            base.and(&format!("(c.state NOT IN {OWED} OR {NOT_RECUSED})"), [Bind::Text(name.clone())]);
        }
        // Compared as rows, so that both databases begin in the index where the page before ended.
        let sign = if filter.sort.direction() == "DESC" { '<' } else { '>' };
        let after = format!("(c.{}, c.id) {sign} (?, ?)", filter.sort.column());
        match &filter.after {
            Some(After::Raised(ms, id) | After::Rank(ms, id)) => base.and(&after, [Bind::Int(*ms), Bind::Text(id.clone())]),
            Some(After::Score(score, id)) => base.and(&after, [Bind::Float(*score), Bind::Text(id.clone())]),
            None => {}
        }
        let text = filter.q.as_deref().map(|q| base.numbered(TEXT, text_binds(q)));
        let ids = filter.q.as_deref().and_then(id_range).map(|range| base.numbered("c.id >= ? AND c.id < ?", range));
        Self { filter, base, text, ids }
    }

    fn ordered(&self, from: &str, conditions: &[&str]) -> String {
        let (column, direction) = (self.filter.sort.column(), self.filter.sort.direction());
        format!(
            "SELECT * FROM (SELECT c.id AS id, c.{column} AS k FROM {from} WHERE {} AND {} \
             ORDER BY c.{column} {direction}, c.id {direction} LIMIT {}) part",
            self.base.text(),
            conditions.join(" AND "),
            self.filter.limit + 1
        )
    }

    fn searched(&self) -> &str {
        self.text.as_deref().unwrap_or("1 = 1")
    }

    /// Walks the index of the order within a state.
    fn walk(&self, state: &str) -> Vec<String> {
        let permits: &[i64] = match self.filter.permitted {
            Some(true) => &[1],
            Some(false) => &[0],
            None => &[0, 1],
        };
        let one = |permitted: &i64| {
            let place = format!("c.state = '{state}' AND c.permitted = {permitted}");
            self.ordered("candidates c", &[&place, self.searched()])
        };
        permits.iter().map(one).collect()
    }

    /// Reads the cells that have candidates of these states. The state is compared so that no index of an order tempts the
    /// planner.
    fn cells(&self, states: &[&str]) -> String {
        let from = format!("({}) g CROSS JOIN candidates c", self.filter.cells(self.searched(), states));
        let place = format!(
            "c.camera = g.camera AND c.zone = g.zone AND c.kind = g.kind AND c.state || '' IN ({}) AND {}",
            quoted(states),
            self.filter.permit(false)
        );
        self.ordered(&from, &[&place, self.searched()])
    }

    /// Those that are found by their id alone.
    fn by_id(&self, states: &[&str]) -> Option<String> {
        let ids = self.ids.as_deref()?;
        let place = format!("c.state || '' IN ({}) AND {}", quoted(states), self.filter.permit(false));
        Some(self.ordered("candidates c", &[ids, &place, &format!("NOT {}", self.searched())]))
    }
}

impl Filter {
    /// The cells with candidates of these states, as a query.
    fn cells(&self, searched: &str, states: &[&str]) -> String {
        format!(
            "SELECT DISTINCT c.camera, c.zone, c.kind FROM candidate_counts c WHERE {} AND c.state IN ({}) AND {} AND {searched}",
            self.conditions.text(),
            quoted(states),
            self.permit(true)
        )
    }
}

fn add_counts(counts: &mut Counts, rows: &[AnyRow]) -> Result<(), sqlx::Error> {
    for row in rows {
        *counts.entry(row.try_get("state")?).or_default() += row.try_get::<i64, _>("n")?;
    }
    Ok(())
}

impl Store {
    /// A page of candidates, where the next begins, and how many there are of each state under the same filters.
    pub(crate) async fn queue(
        &self,
        filter: &Filter,
        view: &View<'_>,
    ) -> Result<(Vec<CandidateSummary>, Option<After>, StateCounts), sqlx::Error> {
        let counts = self.count_states(filter).await?;
        let states: Vec<&str> =
            counts.iter().filter(|(state, n)| **n > 0 && filter.wants(state)).map(|(state, _)| state.as_str()).collect();
        if states.is_empty() {
            return Ok((Vec::new(), None, as_told(&counts)?));
        }
        let draft = Draft::new(filter);
        let rare = self.rare(filter, &counts, &states).await?;
        let mut parts: Vec<String> =
            states.iter().filter(|state| !rare.contains(state)).flat_map(|state| draft.walk(state)).collect();
        if !rare.is_empty() {
            parts.push(draft.cells(&rare));
        }
        parts.extend(draft.by_id(&states));
        let (direction, column) = (filter.sort.direction(), filter.sort.column());
        let sql = format!(
            "SELECT {SUMMARY_COLUMNS} FROM ({}) p CROSS JOIN candidates c LEFT JOIN claims l ON l.candidate = c.id \
             WHERE c.id = p.id ORDER BY p.k {direction}, p.id {direction} LIMIT {}",
            parts.join(" UNION ALL "),
            filter.limit + 1
        );
        let rows = draft.base.query(sql).fetch_all(&self.pool).await?;
        let page = usize::try_from(filter.limit).unwrap_or(usize::MAX);
        let next = match rows.get(page.wrapping_sub(1)) {
            Some(last) if rows.len() > page => {
                let id: String = last.try_get("id")?;
                Some(match filter.sort {
                    Sort::Newest | Sort::Oldest => After::Raised(last.try_get(column)?, id),
                    Sort::Score => After::Score(last.try_get(column)?, id),
                    Sort::Risk => After::Rank(last.try_get(column)?, id),
                })
            }
            _ => None,
        };
        let items = rows.iter().take(page).map(|row| summary(row, view, "queue")).collect::<Result<_, _>>()?;
        Ok((items, next, as_told(&counts)?))
    }

    /// How many there are of each state, for who asks.
    async fn count_states(&self, filter: &Filter) -> Result<Counts, sqlx::Error> {
        let mut counts = self.count_all(filter).await?;
        let Some(name) = &filter.recused else { return Ok(counts) };
        let mut conditions = filter.conditions.clone();
        conditions.and("r.user_name = ?", [Bind::Text(name.clone())]);
        if let Some((clock, binds)) = &filter.clock {
            conditions.and(clock, binds.clone());
        }
        if let Some(q) = &filter.q {
            let (text, values) = searched(q);
            conditions.and(&text, values);
        }
        // From the few recusals on: SQLite else begins with all candidates of a district.
        conditions.and(&format!("c.id = r.candidate AND c.state IN {OWED} AND {}", filter.permit(false)), []);
        let sql =
            format!("SELECT c.state, COUNT(*) AS n FROM recusals r CROSS JOIN candidates c{} GROUP BY c.state", conditions.sql());
        for row in &conditions.query(sql).fetch_all(&self.pool).await? {
            *counts.entry(row.try_get("state")?).or_default() -= row.try_get::<i64, _>("n")?;
        }
        Ok(counts)
    }

    /// How many there are of each state.
    async fn count_all(&self, filter: &Filter) -> Result<Counts, sqlx::Error> {
        let mut counts = Counts::new();
        if let Some((clock, binds)) = &filter.clock {
            let mut conditions = filter.conditions.clone();
            conditions.and(clock, binds.clone());
            if let Some(q) = &filter.q {
                let (text, values) = searched(q);
                conditions.and(&text, values);
            }
            conditions.and(&format!("c.state IN {OWED} AND {}", filter.permit(true)), []);
            let sql = format!("SELECT c.state, COUNT(*) AS n FROM candidates c{} GROUP BY c.state", conditions.sql());
            add_counts(&mut counts, &conditions.query(sql).fetch_all(&self.pool).await?)?;
            return Ok(counts);
        }
        let mut conditions = filter.conditions.clone();
        conditions.and(&filter.permit(true), []);
        if let Some(q) = &filter.q {
            conditions.and(TEXT, text_binds(q));
        }
        let sql =
            format!("SELECT c.state, CAST(SUM(c.n) AS BIGINT) AS n FROM candidate_counts c{} GROUP BY c.state", conditions.sql());
        add_counts(&mut counts, &conditions.query(sql).fetch_all(&self.pool).await?)?;
        if let Some((q, range)) = filter.q.as_deref().and_then(|q| Some((q, id_range(q)?))) {
            let mut conditions = filter.conditions.clone();
            conditions.and("c.id >= ? AND c.id < ?", range);
            conditions.and(&format!("{} AND NOT {TEXT}", filter.permit(false)), text_binds(q));
            let sql = format!("SELECT c.state, COUNT(*) AS n FROM candidates c{} GROUP BY c.state", conditions.sql());
            add_counts(&mut counts, &conditions.query(sql).fetch_all(&self.pool).await?)?;
        }
        Ok(counts)
    }

    /// All there are of each state; empty where the walk cannot be long.
    async fn totals(&self, filter: &Filter, counts: &Counts, states: &[&str]) -> Result<Counts, sqlx::Error> {
        let mut totals = Counts::new();
        if filter.is_narrow() && states.iter().any(|state| counts[*state] < LONG_WALK * 10) {
            let permit = filter.permit(true);
            let sql =
                format!("SELECT c.state, CAST(SUM(c.n) AS BIGINT) AS n FROM candidate_counts c WHERE {permit} GROUP BY c.state");
            add_counts(&mut totals, &Conditions::everywhere().query(sql).fetch_all(&self.pool).await?)?;
        }
        Ok(totals)
    }

    /// The states whose cells are read, because that is shorter than walking their indexes until the page is full.
    async fn rare<'s>(&self, filter: &Filter, counts: &Counts, states: &[&'s str]) -> Result<Vec<&'s str>, sqlx::Error> {
        let totals = self.totals(filter, counts, states).await?;
        let walk = |state: &str| {
            let (n, total) = (counts[state], totals.get(state).copied().unwrap_or(0));
            total.min(((filter.limit + 1) * total) / n.max(1))
        };
        let long: Vec<&str> = states.iter().copied().filter(|state| walk(state) > LONG_WALK).collect();
        if long.is_empty() {
            return Ok(long);
        }
        let mut conditions = filter.conditions.clone();
        let searched = filter.q.as_deref().map(|q| conditions.numbered(TEXT, text_binds(q)));
        let cells = filter.cells(searched.as_deref().unwrap_or("1 = 1"), &long);
        let sql = format!(
            "SELECT CAST(COALESCE(SUM(t.n), 0) AS BIGINT) AS n FROM candidate_counts t WHERE (t.camera, t.zone, t.kind) IN ({cells})"
        );
        let read: i64 = conditions.query(sql).fetch_one(&self.pool).await?.try_get("n")?;
        Ok(if read < long.iter().map(|state| walk(state)).sum() { long } else { Vec::new() })
    }
}

fn as_told(counts: &Counts) -> Result<StateCounts, sqlx::Error> {
    let mut told = StateCounts::default();
    for (state, n) in counts {
        let unknown = || sqlx::Error::ColumnDecode { index: "state".to_owned(), source: format!("{state:?} is no state").into() };
        let slot = match from_word(state).ok_or_else(unknown)? {
            CandidateState::Open => &mut told.open,
            CandidateState::Confirmed => &mut told.confirmed,
            CandidateState::Rejected => &mut told.rejected,
            CandidateState::Escalated => &mut told.escalated,
            CandidateState::FieldCheck => &mut told.field_check,
            CandidateState::Merged => &mut told.merged,
            CandidateState::Expired => &mut told.expired,
        };
        *slot += n;
    }
    Ok(told)
}

/// A cursor's text; opaque to those who get it.
pub(crate) fn cursor_text(after: &After) -> String {
    use base64::Engine;
    let value = match after {
        After::Raised(ms, id) => serde_json::json!(["r", ms, id]),
        // As bits: a decimal text could be off by the last digit, and skip or repeat a row.
        After::Score(score, id) => serde_json::json!(["s", score.to_bits(), id]),
        After::Rank(ms, id) => serde_json::json!(["k", ms, id]),
    };
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string())
}

/// A cursor's meaning; `None` when it is not one of ours for this order.
pub(crate) fn cursor_after(text: &str, sort: Sort) -> Option<After> {
    use base64::Engine;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).ok()?;
    let (tag, number, id): (String, Value, String) = serde_json::from_slice(&bytes).ok()?;
    if id.contains('\0') {
        return None;
    }
    match (tag.as_str(), sort) {
        ("r", Sort::Newest | Sort::Oldest) => Some(After::Raised(number.as_i64()?, id)),
        ("k", Sort::Risk) => Some(After::Rank(number.as_i64()?, id)),
        ("s", Sort::Score) => Some(f64::from_bits(number.as_u64()?)).filter(|v| v.is_finite()).map(|v| After::Score(v, id)),
        _ => None,
    }
}
