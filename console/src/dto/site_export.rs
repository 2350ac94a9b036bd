//! Cameras as a site file.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which cameras.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SiteQuery {
    /// District, exactly.
    pub district: Option<String>,
    /// Street, exactly.
    pub street: Option<String>,
}

/// Which file.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SiteFileQuery {
    /// District, exactly.
    pub district: Option<String>,
    /// Street, exactly.
    pub street: Option<String>,
    /// Of which calendar, as `GET /site` names it; needed where there are several.
    pub calendar: Option<String>,
    /// With the passwords and tokens in the addresses of streams; only for those who may import. Default false: `***` stands in
    /// their place, which an import takes for what the console has.
    pub secrets: Option<bool>,
}

/// Cameras that fit one site file, because time zone and holidays are the same.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SiteGroup {
    /// Names the calendar.
    pub calendar: String,
    /// Time zone.
    pub time_zone: String,
    /// How many holidays there are.
    pub holidays: i64,
    /// How many cameras.
    pub cameras: i64,
    /// How many of them have something in their address that is left out of a file without secrets.
    pub with_secrets: i64,
    /// Size of the file without secrets, bytes. An import takes at most 4,000,000.
    pub bytes: i64,
}

/// What an export would hold.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SiteExport {
    /// One file each, that of the most cameras first.
    pub groups: Vec<SiteGroup>,
    /// May this person have passwords in it?
    pub may_have_secrets: bool,
}
