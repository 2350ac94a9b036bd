//! Recusal: who keeps out of a candidate and its case.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// On what ground (Administrative Penalty Law, article 43).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecusalGround {
    /// The officer has a direct interest in the case.
    DirectInterest,
    /// Another relation that may stand against fairness, e.g. to the party.
    Relation,
    /// The party asked for it, and it was found right.
    PartyRequest,
}

/// Keeps somebody out. It cannot be taken back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRecusal {
    /// Log-in name of whom; oneself unless said otherwise. Only a supervisor recuses others.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub user: Option<String>,
    /// On what ground.
    pub ground: RecusalGround,
    /// What it is.
    #[schema(min_length = 1, max_length = 1000)]
    pub reason: String,
}

/// Somebody who is kept out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Recusal {
    /// Log-in name.
    pub user: String,
    /// On what ground.
    pub ground: RecusalGround,
    /// What it is.
    pub reason: String,
    /// Who said so: oneself, or a supervisor.
    pub by: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
}

/// All who are kept out of a candidate and its case.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RecusalList {
    /// Oldest first.
    pub items: Vec<Recusal>,
}
