//! Pictures of a camera's whole view.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Watching;

/// How bright it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ViewLight {
    /// By day.
    Day,
    /// At dusk, at dawn, in heavy weather.
    Dusk,
    /// By street lamps.
    Night,
}

impl From<crate::backtest::Light> for ViewLight {
    fn from(light: crate::backtest::Light) -> Self {
        match light {
            crate::backtest::Light::Day => Self::Day,
            crate::backtest::Light::Dusk => Self::Dusk,
            crate::backtest::Light::Night => Self::Night,
        }
    }
}

/// A kept picture.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CameraView {
    /// When it was taken.
    #[schema(format = DateTime)]
    pub at: String,
    /// How bright it was.
    pub light: ViewLight,
    /// Where it is, for a while; null for those who see no pictures.
    pub url: Option<String>,
}

/// The pictures of the last seven days.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CameraViews {
    /// Can a fresh one be had?
    pub watching: Watching,
    /// Newest first, at most 300.
    pub items: Vec<CameraView>,
}

/// A picture was asked for.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ViewAsked {
    /// The picture is there when one is newer than this.
    #[schema(format = DateTime)]
    pub asked_at: String,
}
