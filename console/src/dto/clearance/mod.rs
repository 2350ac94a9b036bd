//! Clearance: definitions, what is asked for, figures, reports, zone-days.

mod day;
mod definition;
mod figure;
mod query;
mod recall;
mod report;
mod word;

pub use day::{DayCandidate, RestatedDay, ViolationEpisode, ZoneDayDetail, ZoneDayPage, ZoneDayRow};
pub use definition::{ClearanceDefinition, ClearanceDefinitions, ClearanceParameters, Limit, Limits, NewClearanceDefinition};
pub use figure::{
    AgeCount, CoverageFigure, CurvePoint, LatencyFigure, NamedShare, OvmFigure, QualityFigure, RecurrenceFigure, ShareFigure,
    SlaFigure, TimesFigure, ZeroFigure,
};
pub use query::{
    ClearanceExport, ClearanceFilter, ClearanceQuery, RecallExport, RecallListQuery, RecallQuery, ZoneDayKey, ZoneDayQuery,
};
pub use recall::{
    FindCover, FindPage, MinuteOutcome, OverlapRecord, RecallFigure, RecallGroup, RecallMinute, RecallMinutePage, RecallReport,
};
pub use report::{ClearanceGroup, ClearanceReport, GroupDay, HeatCell, Indicator, TrendDay};
pub use word::{CountsAs, EpisodeEnd, Reached, ReachedWhy, ZeroDay};
