//! What was made of the zone-days as they stand, so that it is made once.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Bytes;
use tokio::sync::OnceCell;

use super::Loaded;
use crate::clearance::interval::Ms;
use crate::recall::{Find, Minute};

/// A report as it goes out; made once, whoever asks first.
pub(crate) type ReportCell = Arc<OnceCell<Bytes>>;

/// Drawn minutes and finds of a period with what they were matched with; matched once for all figures and lists of it.
#[derive(Clone, Default)]
pub(crate) struct Matched {
    pub(crate) minutes: Arc<OnceCell<AsOf<Minute>>>,
    pub(crate) finds: Arc<OnceCell<AsOf<Find>>>,
}

/// Rows, and as of when they were made.
pub(crate) struct AsOf<T> {
    pub(crate) as_of: Ms,
    pub(crate) rows: Vec<T>,
}

/// What was made of the zone-days as they stand. A wall of screens asks for the same again and again.
#[derive(Default)]
pub(super) struct Made {
    /// Of which zone-days: the last one written, and up to when all of them are made.
    of: (i64, Ms, bool),
    pub(super) reports: HashMap<String, ReportCell>,
    pub(super) matched: HashMap<String, Matched>,
}

impl Made {
    /// Forgets what is of other zone-days than these, and all when it has become too much.
    pub(super) fn keep_of(&mut self, loaded: &Loaded) {
        let of = (loaded.seq, loaded.as_of, loaded.built);
        if self.of != of || self.reports.len() >= MOST_REPORTS || self.matched.len() >= MOST_MATCHED {
            *self = Self { of, ..Self::default() };
        }
    }
}

/// So many reports are kept; then all are forgotten.
const MOST_REPORTS: usize = 128;
/// The same for the periods and scopes of which drawn minutes and finds are kept.
const MOST_MATCHED: usize = 32;
