//! Who may do what: one table of routes and roles, checked before any handler runs. What is not in the table is refused.

use axum::http::Method;

use crate::dto::{Me, Must, Role, SignIn, UnitRef};
use crate::store::{Scope, Thing};

/// The person behind a request. The default is nobody, who sees nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Actor {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) display_name: String,
    pub(crate) roles: Vec<Role>,
    /// Where they belong, for people to read.
    pub(crate) units: Vec<UnitRef>,
    /// What of the city they see: every query is bound by it.
    pub(crate) scope: Scope,
    /// Somebody else chose the password.
    pub(crate) must_change_password: bool,
    /// There is a second factor; of a session that the identity provider opened, it asked for one.
    pub(crate) totp: bool,
    /// How they came in.
    pub(crate) sign_in: SignIn,
}

/// Does one of these roles need a second factor?
pub(crate) fn needs_second_factor(roles: &[Role], totp_required: &[Role]) -> bool {
    roles.iter().any(|role| totp_required.contains(role))
}

impl Actor {
    pub(crate) fn has_one_of(&self, roles: &[Role]) -> bool {
        self.roles.iter().any(|role| roles.contains(role))
    }

    /// May they see pictures? An administrator never does, whatever else they are.
    pub(crate) fn sees_pictures(&self) -> bool {
        self.has_one_of(PICTURES) && !self.roles.contains(&Role::Administrator)
    }

    /// Do they decide on candidates and cases?
    pub(crate) fn decides(&self) -> bool {
        self.has_one_of(DECIDE)
    }

    /// May they take pictures out of the house in which bystanders can be made out?
    pub(crate) fn sees_unmasked(&self) -> bool {
        self.sees_pictures() && self.has_one_of(UNMASKED)
    }

    /// May they export decisions as training data?
    pub(crate) fn exports_training(&self) -> bool {
        self.sees_pictures() && self.has_one_of(TRAINING)
    }

    /// What they have to do before anything else is open to them. `totp_required`: roles that need a second factor.
    pub(crate) fn must(&self, totp_required: &[Role]) -> Vec<Must> {
        let mut must = Vec::new();
        if self.must_change_password {
            must.push(Must::ChangePassword);
        }
        if needs_second_factor(&self.roles, totp_required) && !self.totp && self.sign_in == SignIn::Password {
            must.push(Must::EnrolTotp);
        }
        must
    }

    /// What the application tells about them.
    pub(crate) fn me(&self) -> Me {
        let pages: &[(&str, &[Role])] = &[
            ("queue", QUEUE),
            ("decide", DECIDE),
            ("pictures", PICTURES),
            ("cases", CASES),
            ("legal_review", LEGAL_REVIEW),
            ("register", REGISTER),
            ("legal_lists", LAW),
            ("clearance", CLEARANCE),
            ("define_clearance", DEFINE),
            ("areas", AREAS),
            ("maintenance", MAINTENANCE),
            ("receivers", RECEIVERS),
            ("deliveries", DELIVERIES),
            ("packages", PACKAGES),
            ("cameras", &Role::ALL),
            ("overview", &Role::ALL),
            ("import", IMPORT),
            ("export_site", EXPORT),
            ("zones", ZONES),
            ("draw", DRAW),
            ("approve", APPROVE),
            ("zone_approval", APPROVAL),
            ("training", TRAINING),
            ("users", USERS),
            ("audit", AUDIT),
            ("samples", SUPERVISE),
            ("frame_audits", SUPERVISE),
            ("finds", QUEUE),
            ("enter_finds", DECIDE),
            ("rule_finds", SUPERVISE),
            ("retention", RETENTION),
            ("hold", HOLD),
        ];
        let may = pages.iter().filter(|(_, roles)| self.has_one_of(roles)).map(|(page, _)| (*page).to_owned()).collect();
        Me {
            id: self.id.clone(),
            name: self.name.clone(),
            display_name: self.display_name.clone(),
            roles: self.roles.clone(),
            units: self.units.clone(),
            may,
        }
    }
}

const QUEUE: &[Role] =
    &[Role::Operator, Role::LegalReviewer, Role::BureauEditor, Role::BureauApprover, Role::Analyst, Role::Supervisor];
/// Who decides on candidates and acts on cases: officers.
pub(crate) const DECIDE: &[Role] = &[Role::Operator, Role::LegalReviewer, Role::Supervisor];
const PICTURES: &[Role] = &[Role::Operator, Role::LegalReviewer, Role::BureauEditor, Role::BureauApprover, Role::Supervisor];
const CASES: &[Role] = &[Role::Operator, Role::LegalReviewer, Role::Analyst, Role::Supervisor];
const LEGAL_REVIEW: &[Role] = &[Role::LegalReviewer];
/// The register of cameras and the lists of law say what may be evidence and what may go unpunished. A supervisor answers for
/// both: not an administrator, who decides nothing, and not a legal reviewer, who would judge by what they entered themselves.
const REGISTER: &[Role] = &[Role::Supervisor];
/// What is law is for all to see who act on it or draw zones for it.
const LAW: &[Role] =
    &[Role::Operator, Role::LegalReviewer, Role::BureauEditor, Role::BureauApprover, Role::Analyst, Role::Supervisor];
const CLEARANCE: &[Role] = &[Role::Analyst, Role::Supervisor, Role::BureauEditor, Role::BureauApprover];
const DEFINE: &[Role] = &[Role::Supervisor];
/// What counts as one place decides what is counted: not for who draws the zones.
const AREAS: &[Role] = &[Role::BureauApprover, Role::Supervisor];
/// When a camera does not count as watching: not for who draws the zones either.
const MAINTENANCE: &[Role] = &[Role::BureauApprover, Role::Supervisor, Role::Administrator];
/// Addresses and secrets are a matter of the installation.
const RECEIVERS: &[Role] = &[Role::Administrator];
const DELIVERIES: &[Role] = &[Role::Supervisor, Role::Administrator];
/// Who may take the originals out of the house.
const PACKAGES: &[Role] = &[Role::LegalReviewer, Role::Supervisor];
/// Who may set cameras up; they alone may have the passwords in the addresses of streams, which they set.
pub(crate) const IMPORT: &[Role] = &[Role::BureauEditor, Role::Administrator];
/// A site file says where every camera hangs and what it watches: for those who answer for that or look after it.
const EXPORT: &[Role] = &[Role::BureauEditor, Role::BureauApprover, Role::Supervisor, Role::Administrator, Role::Auditor];
const ZONES: &[Role] = &[Role::BureauEditor, Role::BureauApprover, Role::Supervisor];
const DRAW: &[Role] = &[Role::BureauEditor];
const APPROVE: &[Role] = &[Role::BureauApprover];
const HANDS_ON: &[Role] = &[Role::BureauEditor, Role::BureauApprover];
const APPROVAL: &[Role] = &[Role::BureauApprover, Role::Administrator];
const APPROVAL_SEEN: &[Role] = &[Role::BureauEditor, Role::BureauApprover, Role::Supervisor, Role::Administrator];
const TRAINING: &[Role] = &[Role::BureauEditor, Role::BureauApprover, Role::Supervisor];
const UNMASKED: &[Role] = &[Role::Supervisor];
const USERS: &[Role] = &[Role::Administrator];
const AUDIT: &[Role] = &[Role::Auditor];
const SUPERVISE: &[Role] = &[Role::Supervisor];
/// What is deleted and when: counts and ids, no pictures.
const RETENTION: &[Role] = &[Role::Supervisor, Role::Administrator, Role::Auditor];
/// A hold keeps pictures from being deleted, and its lifting lets them go: the word of who answers for the bureau's cases. Whoever
/// placed one does not lift it. Not a legal reviewer, whose own cases these are, nor an administrator, who runs the machines.
const HOLD: &[Role] = &[Role::Supervisor];

/// Decides what was escalated.
pub(crate) const SECOND_EYES: &[Role] = &[Role::LegalReviewer, Role::Supervisor];

/// Roles that an administrator may not have besides: who makes users neither sees pictures nor decides.
pub(crate) const NOT_WITH_ADMINISTRATOR: &[Role] = PICTURES;

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anybody.
    Public,
    /// Another system that signs what it sends: the handler checks the signature, and no browser can make it.
    Signed,
    /// Whoever has one of these roles.
    Roles(&'static [Role]),
}

/// Every route under `/api/v1`.
const ROUTES: &[(&str, &str, Access)] = &[
    ("POST", "/session", Access::Public),
    ("GET", "/session", Access::Roles(&Role::ALL)),
    ("DELETE", "/session", Access::Public),
    ("GET", "/session/options", Access::Public),
    ("GET", "/session/oidc", Access::Public),
    ("GET", "/session/oidc/callback", Access::Public),
    ("PUT", "/session/password", Access::Roles(&Role::ALL)),
    ("POST", "/session/totp", Access::Roles(&Role::ALL)),
    ("PUT", "/session/totp", Access::Roles(&Role::ALL)),
    ("POST", "/session/recovery-codes", Access::Roles(&Role::ALL)),
    ("GET", "/session/all", Access::Roles(&Role::ALL)),
    ("DELETE", "/session/all/{id}", Access::Roles(&Role::ALL)),
    ("GET", "/candidates", Access::Roles(QUEUE)),
    ("GET", "/candidates/{id}", Access::Roles(QUEUE)),
    ("POST", "/candidates/{id}/claim", Access::Roles(DECIDE)),
    ("DELETE", "/candidates/{id}/claim", Access::Roles(DECIDE)),
    ("POST", "/candidates/{id}/decisions", Access::Roles(DECIDE)),
    ("POST", "/candidates/{id}/recusals", Access::Roles(DECIDE)),
    ("POST", "/candidates/bulk/preview", Access::Roles(DECIDE)),
    ("POST", "/candidates/bulk", Access::Roles(DECIDE)),
    ("GET", "/cases", Access::Roles(CASES)),
    ("GET", "/cases/{id}", Access::Roles(CASES)),
    // Which of them may do which act is the state machine's to say: `lifecycle::machine`.
    ("POST", "/cases/{id}/acts", Access::Roles(DECIDE)),
    ("POST", "/cases/{id}/recusals", Access::Roles(DECIDE)),
    ("POST", "/cases/{id}/notice", Access::Roles(DECIDE)),
    ("POST", "/cases/{id}/party-code", Access::Roles(DECIDE)),
    ("DELETE", "/cases/{id}/party-code", Access::Roles(DECIDE)),
    // The party has no log-in: a number and a code open its own case and nothing else.
    ("POST", "/party/look", Access::Public),
    ("POST", "/party/statements", Access::Public),
    ("GET", "/cases/{id}/package", Access::Roles(PACKAGES)),
    ("POST", "/cases/{id}/deliveries/{delivery}/resend", Access::Roles(&[Role::Supervisor])),
    ("GET", "/deliveries", Access::Roles(DELIVERIES)),
    ("GET", "/receivers", Access::Roles(RECEIVERS)),
    ("POST", "/receivers", Access::Roles(RECEIVERS)),
    ("PATCH", "/receivers/{id}", Access::Roles(RECEIVERS)),
    ("POST", "/receivers/{id}/status", Access::Signed),
    ("GET", "/cameras/{id}/register", Access::Roles(&Role::ALL)),
    ("POST", "/cameras/{id}/register", Access::Roles(REGISTER)),
    ("GET", "/register/reminders", Access::Roles(&Role::ALL)),
    ("GET", "/legal", Access::Roles(LAW)),
    ("GET", "/legal/templates", Access::Roles(LAW)),
    ("POST", "/legal/templates", Access::Roles(REGISTER)),
    ("POST", "/legal/templates/{id}/revise", Access::Roles(REGISTER)),
    ("POST", "/legal/templates/{id}/end", Access::Roles(REGISTER)),
    ("POST", "/legal/matters", Access::Roles(REGISTER)),
    ("POST", "/legal/matters/{id}/end", Access::Roles(REGISTER)),
    ("POST", "/legal/matters/{id}/revise", Access::Roles(REGISTER)),
    ("POST", "/legal/exemptions", Access::Roles(REGISTER)),
    ("POST", "/legal/exemptions/{id}/end", Access::Roles(REGISTER)),
    ("POST", "/legal/exemptions/{id}/revise", Access::Roles(REGISTER)),
    ("GET", "/clearance/definitions", Access::Roles(CLEARANCE)),
    ("POST", "/clearance/definitions", Access::Roles(DEFINE)),
    ("GET", "/clearance/report", Access::Roles(CLEARANCE)),
    ("GET", "/clearance/days", Access::Roles(CLEARANCE)),
    ("GET", "/clearance/day", Access::Roles(CLEARANCE)),
    ("GET", "/clearance/export", Access::Roles(CLEARANCE)),
    ("GET", "/clearance/recall", Access::Roles(CLEARANCE)),
    // What was drawn and answered, without pictures: an analyst sees what a figure is made of.
    ("GET", "/clearance/recall/minutes", Access::Roles(CLEARANCE)),
    ("GET", "/clearance/recall/finds", Access::Roles(QUEUE)),
    ("GET", "/clearance/recall/export", Access::Roles(CLEARANCE)),
    ("POST", "/finds", Access::Roles(DECIDE)),
    ("POST", "/finds/import", Access::Roles(DECIDE)),
    ("GET", "/finds/{id}", Access::Roles(QUEUE)),
    // Not for who rejects candidates all day: a match says how good the program is.
    ("POST", "/finds/{id}/rulings", Access::Roles(SUPERVISE)),
    ("GET", "/cameras/{id}/maintenance", Access::Roles(&Role::ALL)),
    ("POST", "/cameras/{id}/maintenance", Access::Roles(MAINTENANCE)),
    ("POST", "/cameras/{id}/maintenance/{work}/end", Access::Roles(MAINTENANCE)),
    ("GET", "/areas", Access::Roles(CLEARANCE)),
    ("POST", "/areas", Access::Roles(AREAS)),
    ("PUT", "/areas/{id}", Access::Roles(AREAS)),
    ("GET", "/cameras", Access::Roles(&Role::ALL)),
    ("GET", "/cameras/{id}", Access::Roles(&Role::ALL)),
    ("GET", "/cameras/{id}/zones", Access::Roles(&Role::ALL)),
    ("GET", "/cameras/{id}/flow", Access::Roles(&Role::ALL)),
    ("POST", "/cameras/import", Access::Roles(IMPORT)),
    ("GET", "/site", Access::Roles(EXPORT)),
    ("GET", "/site/file", Access::Roles(EXPORT)),
    ("GET", "/zones", Access::Roles(ZONES)),
    ("POST", "/zones/check", Access::Roles(HANDS_ON)),
    ("GET", "/zones/approval", Access::Roles(APPROVAL_SEEN)),
    ("PUT", "/zones/approval", Access::Roles(APPROVAL)),
    ("GET", "/cameras/{id}/draft", Access::Roles(ZONES)),
    ("PUT", "/cameras/{id}/draft", Access::Roles(DRAW)),
    ("POST", "/cameras/{id}/draft/submit", Access::Roles(DRAW)),
    ("POST", "/cameras/{id}/draft/approve", Access::Roles(APPROVE)),
    ("POST", "/cameras/{id}/draft/return", Access::Roles(HANDS_ON)),
    ("POST", "/cameras/{id}/draft/discard", Access::Roles(DRAW)),
    ("GET", "/cameras/{id}/versions", Access::Roles(ZONES)),
    ("POST", "/cameras/{id}/versions/{version}/restore", Access::Roles(DRAW)),
    ("GET", "/cameras/{id}/precision", Access::Roles(ZONES)),
    ("POST", "/cameras/{id}/backtest", Access::Roles(ZONES)),
    ("GET", "/cameras/{id}/views", Access::Roles(ZONES)),
    ("POST", "/cameras/{id}/views", Access::Roles(ZONES)),
    ("GET", "/cameras/{id}/recorded/{file}", Access::Roles(PICTURES)),
    ("GET", "/overview", Access::Roles(&Role::ALL)),
    ("GET", "/evidence/{candidate}/{file}", Access::Roles(PICTURES)),
    ("GET", "/events", Access::Roles(&Role::ALL)),
    ("GET", "/training", Access::Roles(TRAINING)),
    ("GET", "/training/export", Access::Roles(TRAINING)),
    ("GET", "/training/originals", Access::Roles(UNMASKED)),
    ("POST", "/training/originals", Access::Roles(UNMASKED)),
    ("POST", "/training/originals/{id}/ruling", Access::Roles(UNMASKED)),
    ("GET", "/users", Access::Roles(USERS)),
    ("POST", "/users", Access::Roles(USERS)),
    ("GET", "/users/{id}", Access::Roles(USERS)),
    ("PUT", "/users/{id}", Access::Roles(USERS)),
    ("POST", "/users/{id}/password", Access::Roles(USERS)),
    ("PUT", "/users/{id}/sign-in", Access::Roles(USERS)),
    ("POST", "/users/{id}/unlock", Access::Roles(USERS)),
    ("DELETE", "/users/{id}/totp", Access::Roles(USERS)),
    // Who makes users decides nothing: what they enter of an officer serves no case of their own.
    ("GET", "/users/{id}/certificates", Access::Roles(USERS)),
    ("POST", "/users/{id}/certificates", Access::Roles(USERS)),
    ("GET", "/certificates/reminders", Access::Roles(USERS)),
    ("GET", "/sessions", Access::Roles(USERS)),
    ("DELETE", "/sessions/{id}", Access::Roles(USERS)),
    ("GET", "/units", Access::Roles(USERS)),
    ("POST", "/units", Access::Roles(USERS)),
    ("PUT", "/units/{id}", Access::Roles(USERS)),
    ("DELETE", "/units/{id}", Access::Roles(USERS)),
    ("GET", "/audit", Access::Roles(AUDIT)),
    ("GET", "/audit/check", Access::Roles(AUDIT)),
    ("GET", "/audit/export", Access::Roles(AUDIT)),
    ("GET", "/samples", Access::Roles(SUPERVISE)),
    ("POST", "/samples", Access::Roles(SUPERVISE)),
    ("GET", "/samples/{id}", Access::Roles(SUPERVISE)),
    ("POST", "/samples/{id}/looks", Access::Roles(SUPERVISE)),
    ("GET", "/frame-audits", Access::Roles(SUPERVISE)),
    ("POST", "/frame-audits", Access::Roles(SUPERVISE)),
    ("GET", "/frame-audits/{id}", Access::Roles(SUPERVISE)),
    ("POST", "/frame-audits/{id}/answers", Access::Roles(SUPERVISE)),
    ("GET", "/retention", Access::Roles(RETENTION)),
    ("GET", "/retention/plan", Access::Roles(RETENTION)),
    ("GET", "/retention/certificates", Access::Roles(RETENTION)),
    ("GET", "/retention/certificates/{id}", Access::Roles(RETENTION)),
    ("GET", "/retention/holds", Access::Roles(RETENTION)),
    ("POST", "/retention/holds", Access::Roles(HOLD)),
    ("POST", "/retention/holds/{id}/lift", Access::Roles(HOLD)),
];

/// What the first `{…}` of a path names: the gate lets nobody through whose scope does not hold it. The longest beginning
/// counts; a path with a `{…}` that none of these begins is not there for anybody.
const THINGS: &[(&str, Thing)] = &[
    ("/areas/{", Thing::Area),
    ("/cameras/{", Thing::Camera),
    ("/candidates/{", Thing::Candidate),
    ("/cases/{", Thing::Case),
    ("/evidence/{", Thing::Candidate),
    ("/finds/{", Thing::Find),
    // Entries of the lists of law: a district's own list binds the whole city's cases of that district.
    ("/receivers/{", Thing::Nowhere),
    ("/legal/matters/{", Thing::Nowhere),
    ("/legal/exemptions/{", Thing::Nowhere),
    ("/legal/templates/{", Thing::Nowhere),
    // One's own, or anybody's for the whole city: the handlers see to it.
    ("/samples/{", Thing::Nowhere),
    ("/frame-audits/{", Thing::Nowhere),
    // Of a district, a street or the city: the handlers see to it.
    ("/retention/certificates/{", Thing::Nowhere),
    ("/retention/holds/{", Thing::Nowhere),
    ("/session/all/{", Thing::Nowhere),
    ("/sessions/{", Thing::Nowhere),
    // Whose it is to see and rule on is the store's to say.
    ("/training/originals/{", Thing::Nowhere),
    ("/units/{", Thing::Nowhere),
    ("/users/{", Thing::Nowhere),
];

/// What is open to somebody who must do something first: their own session and account.
pub(crate) fn always_open(path: &str) -> bool {
    path.strip_prefix("/api/v1").is_some_and(|path| path == "/session" || path.starts_with("/session/"))
}

/// What a matched path is about. `None`: it names something and nobody has said what.
pub(crate) fn thing(path: &str) -> Option<Thing> {
    let path = path.strip_prefix("/api/v1")?;
    if !path.contains('{') {
        return Some(Thing::Nowhere);
    }
    let fitting = THINGS.iter().filter(|(begin, _)| path.starts_with(begin));
    fitting.max_by_key(|(begin, _)| begin.len()).map(|(_, thing)| *thing)
}

/// What the table says of a method on a matched path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listed {
    /// This.
    Yes(Access),
    /// The path is there, with other methods.
    OtherMethod,
    /// Nothing: refused.
    No,
}

/// Looks a route up; `path` is as axum matched it.
pub(crate) fn access(method: &Method, path: &str) -> Listed {
    let Some(path) = path.strip_prefix("/api/v1") else { return Listed::No };
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    let mut listed = Listed::No;
    for (its_method, its_path, access) in ROUTES {
        if *its_path == path {
            if *its_method == method {
                return Listed::Yes(*access);
            }
            listed = Listed::OtherMethod;
        }
    }
    listed
}
