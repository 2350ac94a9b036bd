//! What the HTTP interface says and hears, word for word as in `openapi.json`.
//!
//! Plain data only. Requests refuse unknown fields; times are RFC 3339 in UTC with milliseconds; boxes are `[x1, y1, x2, y2]`
//! in 0..1 of the picture; ids are opaque texts.

mod account;
mod act;
mod admin;
mod area;
mod backtest;
mod camera;
mod candidate;
mod case;
mod certificate;
mod clearance;
mod find;
mod flow;
mod frame_audit;
mod handover;
mod legal;
mod live;
mod maintenance;
mod notice;
mod originals;
mod party;
mod recusal;
mod register;
mod retention;
mod review;
mod sample;
mod session;
mod sign_in;
mod site_export;
mod training;
mod unit;
mod views;
mod zones;

pub use account::{
    Must, PasswordAgain, PasswordChange, PasswordReset, RecoveryCodes, SessionList, SessionRecord, TotpCode, TotpOffer,
    UserChange,
};
pub use act::{
    ActOffer, CaseAct, CaseActDone, Channel, Defect, LegalTicks, NewCaseAct, Outcome, Recheck, RecheckProposal, Subject,
    SubjectKind, Track,
};
pub use admin::{AuditAlarm, AuditCheck, AuditEntry, AuditPage, AuditQuery, NewUser, UserList, UserRecord};
pub use area::{Area, AreaChange, AreaList, AreaZone, ControlGrade, FreeZone, NewArea, PlaceType, ZoneRef};
pub use backtest::{AskBacktest, Backtest, BacktestCounts, BacktestCover, BacktestPrecision, BacktestRow, Fate};
pub use camera::{
    CameraDetail, CameraList, CameraQuery, CameraSummary, EvidenceMode, Health, ImportedSite, KindCount, Overview, PermitDetail,
    RuleDetail, SiteImport, WatchSpan, Watching, ZoneDetail, ZoneList,
};
pub use candidate::{
    CandidateDetail, CandidatePage, CandidateQuery, CandidateState, CandidateSummary, Claim, Decision, DecisionMade, Evidence,
    Fact, Model, NewDecision, Observation, PlaceVisit, RejectReason, SeenState, StateCounts, Ticks, Verdict, Why,
};
pub use case::{CaseCount, CaseDetail, CaseEvent, CasePage, CaseQuery, CaseState, CaseSummary};
pub use certificate::{
    CertificateRecord, CertificateReminder, CertificateReminders, CertificateStanding, CertificateState, CertificateVersion,
    HeldCertificate, NewCertificate, UserCertificates,
};
pub use clearance::{
    AgeCount, ClearanceDefinition, ClearanceDefinitions, ClearanceExport, ClearanceFilter, ClearanceGroup, ClearanceParameters,
    ClearanceQuery, ClearanceReport, CountsAs, CoverageFigure, CurvePoint, DayCandidate, EpisodeEnd, FindCover, FindPage,
    GroupDay, HeatCell, Indicator, LatencyFigure, Limit, Limits, MinuteOutcome, NamedShare, NewClearanceDefinition,
    OverlapRecord, OvmFigure, QualityFigure, Reached, ReachedWhy, RecallExport, RecallFigure, RecallGroup, RecallListQuery,
    RecallMinute, RecallMinutePage, RecallQuery, RecallReport, RecurrenceFigure, RestatedDay, ShareFigure, SlaFigure,
    TimesFigure, TrendDay, ViolationEpisode, ZeroDay, ZeroFigure, ZoneDayDetail, ZoneDayKey, ZoneDayPage, ZoneDayQuery,
    ZoneDayRow,
};
pub use find::{
    FindImport, FindLineError, FindLink, FindRecord, FindRuling, FindRulingRecord, FindSource, FindsImported, NewFind,
    NewFindRuling,
};
pub use flow::{CameraFlow, CameraRun, Dropped, FlowQuery, FlowSum, JudgedSpan, UnjudgedSpan};
pub use frame_audit::{
    CannotTell, FrameAnswer, FrameAudit, FrameAuditDetail, FrameAuditList, FrameMinute, FrameVerdict, NewFrameAnswer,
    NewFrameAudit, NotSampled,
};
pub use handover::{
    CallbackTaken, Delivery, DeliveryList, DeliveryQuery, DeliveryState, NewReceiver, PackageInfo, Receiver, ReceiverChange,
    ReceiverList, ReceiverMade, StatusCallback, TheirStatus,
};
pub use legal::{
    EarlierViolation, EndEntry, Exemption, ExemptionProposal, ExemptionRevision, Ground, LegalLists, Matter, MatterRevision,
    NewExemption, NewMatter,
};
pub use live::LiveKind;
pub use maintenance::{Maintenance, MaintenanceEnd, MaintenanceList, NewMaintenance};
pub use notice::{
    NewNoticeTemplate, Notice, NoticeAsked, NoticePurpose, NoticeTemplate, NoticeTemplateRevision, NoticeTemplates,
};
pub use originals::{NewOriginals, NewOriginalsRuling, OriginalsList, OriginalsRequest, OriginalsState};
pub use party::{
    Defence, DefenceAnswer, DefenceChannel, NewAnswer, NewDefence, NewPartyCode, PartyCode, PartyCodeMade, PartyDefence,
    PartyKey, PartyLook, PartyNotice, PartyRecord, PartyState, PartyStatement, PartyView,
};
pub use recusal::{NewRecusal, Recusal, RecusalGround, RecusalList};
pub use register::{
    CameraRegister, ClueReason, Compliance, Expiring, KindCompliance, NewRegisterRecord, Proof, RegisterRecord, RegisterVersion,
    Reminder, ReminderList, ReminderQuery, ReviewDocument, TechnicalReview,
};
pub use retention::{
    ClassedArtefact, DataClass, DeletionCertificate, DeletionCertificatePage, DeletionCertificateQuery, HoldLift, HoldList,
    HoldSubject, LegalHold, LiftHold, NewHold, PicturesDeleted, RetentionFailure, RetentionItem, RetentionLine,
    RetentionOverview, RetentionPlanPage, RetentionPlanQuery, RetentionPolicy, RetentionQuery, RetentionRule, RetentionSum,
};
pub use review::{
    BulkItem, BulkLeft, BulkMade, BulkOrder, BulkPreview, BulkSelection, BulkVerdict, LeftOut, MergeProposal, SameThing,
};
pub use sample::{Agreement, NewSample, NewSecondLook, Sample, SampleDetail, SampleItem, SampleList, SecondVerdict};
pub use session::{Login, Me, OwnCertificate, Role, SessionInfo};
pub use sign_in::{LoggedOut, SignIn, SignInChange, SignInNext, SignInOptions, SignInRefusal, SignInReturn};
pub use site_export::{SiteExport, SiteFileQuery, SiteGroup, SiteQuery};
pub use training::{Negatives, ReasonCount, TrainingFormat, TrainingQuery, TrainingSummary};
pub use unit::{NewUnit, Unit, UnitChange, UnitLevel, UnitList, UnitRef};
pub use views::{CameraView, CameraViews, ViewAsked, ViewLight};
pub use zones::{
    ApprovalSetting, ApprovalSettings, DraftEvent, DraftState, DraftStep, DraftStepped, FieldChange, Precision, RestoreVersion,
    SaveDraft, SetApproval, ZoneArea, ZoneChange, ZoneCheck, ZoneChecked, ZoneDesk, ZoneDraft, ZoneDrawing, ZoneFault,
    ZonePrecision, ZoneVersion, ZoneVersions, ZonedCamera, ZonedCameras, ZonesQuery,
};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One of the four kinds of street violation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 无序设摊.
    IllegalStall,
    /// 跨门经营.
    StorefrontEncroachment,
    /// 违规广告/小广告.
    UnauthorizedAd,
    /// 偷乱倒垃圾.
    WasteDumping,
}

impl From<events::Kind> for Kind {
    fn from(kind: events::Kind) -> Self {
        match kind {
            events::Kind::IllegalStall => Self::IllegalStall,
            events::Kind::StorefrontEncroachment => Self::StorefrontEncroachment,
            events::Kind::UnauthorizedAd => Self::UnauthorizedAd,
            events::Kind::WasteDumping => Self::WasteDumping,
        }
    }
}

/// The one shape of every error.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    /// What went wrong.
    pub error: ErrorInfo,
}

/// What went wrong: for programs, for people, and what is needed to go on.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ErrorInfo {
    /// A stable word, e.g. `stale`, `claimed`, `not_found`, `forbidden`, `bad_request`.
    pub code: String,
    /// One sentence in English.
    pub message: String,
    /// What belongs to the code, e.g. for `stale` the present version, state and the decisions made since.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(value_type = Option<Object>)]
    pub details: Option<serde_json::Value>,
}

/// Text columns hold the words of the wire; this reads them back into one of our enums.
///
/// `None` for a word that is not one of the enum's.
pub(crate) fn from_word<T: serde::de::DeserializeOwned>(word: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).ok()
}

/// The word an enum has on the wire.
pub(crate) fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => unreachable!("only unit enums are turned into words"),
    }
}
