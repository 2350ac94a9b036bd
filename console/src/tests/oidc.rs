//! Sign-in with a real identity provider (the npm package `oidc-provider`), through its own log-in pages.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use super::both;
use super::world::{PASSWORD, Person, START_MS, World};
use crate::clock::{Clock, SystemClock};
use crate::dto::{NewUser, Role, SignIn};
use crate::{OidcConfig, app, users};

/// The provider; it ends when its standard input does.
struct Idp {
    issuer: String,
    child: Child,
    /// Kept open: whoever writes into a closed one dies of it.
    _said: BufReader<ChildStdout>,
}

impl Drop for Idp {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

impl Idp {
    /// Turns one of its switches for tests.
    async fn turn(&self, switch: &str, body: Value) {
        let sent = reqwest::Client::new().post(format!("{}/test/{switch}", self.issuer)).json(&body).send().await.unwrap();
        assert_eq!(sent.status(), 204);
    }
}

/// Its folder with its packages; `None`, loudly, where they are not installed.
fn installed() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/oidc");
    let node = Command::new("node").arg("--version").output().is_ok_and(|done| done.status.success());
    if !node || !folder.join("node_modules/oidc-provider").is_dir() {
        eprintln!("SKIPPED: no identity provider: Node.js, or `npm ci` in console/testdata/oidc (deploy/setup.sh test)");
        return None;
    }
    Some(folder)
}

fn start(console: &str, people: &Value) -> Option<Idp> {
    let folder = installed()?;
    let mut command = Command::new("node");
    command.arg("server.mjs").args([format!("{console}{}", crate::oidc::CALLBACK), format!("{console}/login")]);
    command.arg(people.to_string()).current_dir(folder);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let mut issuer = String::new();
    let mut said = BufReader::new(child.stdout.take()?);
    said.read_line(&mut issuer).ok()?;
    assert!(issuer.starts_with("http://127.0.0.1:"), "the provider said {issuer:?}");
    Some(Idp { issuer: issuer.trim().to_owned(), child, _said: said })
}

/// A browser that follows redirects by hand and fills in forms.
struct Browser {
    http: reqwest::Client,
}

/// What the person does on the provider's pages.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Will {
    Agree,
    Refuse,
}

impl Browser {
    fn new() -> Self {
        let http = reqwest::Client::builder().cookie_store(true).redirect(reqwest::redirect::Policy::none());
        Self { http: http.build().unwrap() }
    }

    /// Follows redirects until a page or `stop`; the last address, and the page.
    async fn go(&self, mut url: String, stop: &str) -> (String, String) {
        for _ in 0..20 {
            if url.contains(stop) {
                return (url, String::new());
            }
            let answer = self.http.get(&url).send().await.unwrap();
            let Some(to) = answer.headers().get("location") else { return (url, answer.text().await.unwrap()) };
            url = answer.url().join(to.to_str().unwrap()).unwrap().to_string();
        }
        panic!("redirects without end at {url}");
    }

    async fn submit(&self, url: &str, form: &str) -> String {
        let post = self.http.post(url).header("content-type", "application/x-www-form-urlencoded").body(form.to_owned());
        let answer = post.send().await.unwrap();
        let to = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
        answer.url().join(&to.unwrap_or_else(|| panic!("{url} answered {}", answer.status()))).unwrap().to_string()
    }

    /// From `url` through the provider's pages to the address of ours that it sends back to.
    async fn through(&self, mut url: String, who: &str, will: Will) -> String {
        for _ in 0..6 {
            let (at, page) = self.go(url, "/session/oidc/callback").await;
            if page.is_empty() {
                return at;
            }
            url = if page.contains("name=\"password\"") {
                self.submit(&at, &format!("prompt=login&login={who}&password=any")).await
            } else if will == Will::Refuse {
                format!("{at}/abort")
            } else {
                self.submit(&at, "prompt=consent").await
            };
        }
        panic!("no way through the pages of the provider");
    }

    /// Comes back to the console; where it sends on to, and what the session cookie is.
    async fn land(&self, callback: &str) -> (String, bool) {
        let answer = self.http.get(callback).send().await.unwrap();
        assert_eq!(answer.status(), 303, "{callback}");
        let cookies = answer.headers().get_all("set-cookie");
        let opened = cookies.iter().any(|cookie| cookie.to_str().unwrap().starts_with(crate::api::COOKIE));
        (answer.headers()["location"].to_str().unwrap().to_owned(), opened)
    }

    /// Signs in as `who`, and agrees; the address of ours where it ends.
    async fn sign_in(&self, console: &str, who: &str) -> String {
        let callback = self.through(format!("{console}/api/v1/session/oidc?next=/queue"), who, Will::Agree).await;
        let (to, opened) = self.land(&callback).await;
        assert_eq!(opened, !to.contains("refused"), "{to}");
        to
    }

    async fn me(&self, console: &str) -> (u16, Value) {
        let answer = self.http.get(format!("{console}/api/v1/session")).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn log_out(&self, console: &str) -> (u16, Value) {
        let out = self.http.delete(format!("{console}/api/v1/session")).header("x-kerbwatch", "1").send().await.unwrap();
        (out.status().as_u16(), out.json().await.unwrap_or_default())
    }
}

struct Stage {
    world: World,
    console: String,
    idp: Idp,
}

/// The console on a port at the present time (the provider has no other), and the provider that knows it.
async fn stage(world: World, people: Value, more: Value) -> Option<Stage> {
    world.clock.advance(SystemClock.now_ms() - START_MS);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let console = format!("http://{}", listener.local_addr().unwrap());
    let idp = start(&console, &people)?;
    let secret = world.folder.path().join("client-secret");
    std::fs::write(&secret, "not a secret\n").unwrap();
    let mut oidc = json!({ "issuer": idp.issuer, "client_id": "kerbwatch", "client_secret_file": secret });
    for (key, value) in more.as_object().unwrap() {
        oidc[key] = value.clone();
    }
    let oidc: OidcConfig = serde_json::from_value(oidc).unwrap();
    let public = console.clone();
    let world = world
        .with(|config| {
            config.oidc = Some(oidc);
            config.public_url = Some(public);
            config.totp_required = vec![Role::Supervisor];
        })
        .await;
    let router = app(world.state.clone()).into_make_service_with_connect_info::<std::net::SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Some(Stage { world, console, idp })
}

/// Somebody whom an administrator made for the provider.
async fn expected(world: &World, name: &str, roles: &[Role]) -> String {
    let new = NewUser {
        name: name.to_owned(),
        display_name: None,
        sign_in: SignIn::Provider,
        password: None,
        roles: roles.to_vec(),
        units: vec!["city".to_owned()],
    };
    users::add(&world.state.store, &world.state.passwords, new, "test").await.unwrap()
}

async fn audit(world: &World, eye: &Person, action: &str) -> Vec<Value> {
    world.get(eye, &format!("/audit?action={action}")).await.expect(200)["items"].as_array().unwrap().clone()
}

fn no_groups(names: &[&str]) -> Value {
    names.iter().map(|name| ((*name).to_owned(), json!({ "groups": [] }))).collect::<serde_json::Map<_, _>>().into()
}

both!(only_users_that_an_administrator_made_for_the_provider_enter);
async fn only_users_that_an_administrator_made_for_the_provider_enter(world: World) {
    let people = json!({ "ada": {}, "eve": {}, "bob": {}, "7": { "name": "Ada" } });
    let Some(Stage { world, console, idp }) = stage(world, people, json!({})).await else { return };
    let root = world.person("root", &[Role::Administrator]).await;
    let eye = world.person("eye", &[Role::Auditor]).await;
    world.person("bob", &[Role::Operator]).await;
    let id = expected(&world, "ada", &[Role::Operator]).await;
    let options = world.call(None, "GET", "/session/options", None).await.expect(200);
    assert_eq!(options, json!({ "provider": true, "label": null }));

    let browser = Browser::new();
    assert_eq!(browser.sign_in(&console, "ada").await, "/queue");
    let (status, me) = browser.me(&console).await;
    assert_eq!((status, &me["user"]["name"], &me["sign_in"]), (200, &json!("ada"), &json!("provider")));
    let logins = audit(&world, &eye, "session.login").await;
    assert_eq!((&logins[0]["actor"], &logins[0]["details"]["sign_in"]), (&json!("ada"), &json!("provider")));
    assert_eq!(audit(&world, &eye, "user.bind").await[0]["details"]["subject"], format!("{} ada", idp.issuer));
    let sessions = world.get(&root, "/sessions").await.expect(200);
    assert!(sessions["items"].as_array().unwrap().iter().any(|one| one["user"] == "ada" && one["sign_in"] == "provider"));

    let log_in = world.call(None, "POST", "/session", Some(json!({ "name": "ada", "password": PASSWORD }))).await;
    assert_eq!(log_in.code(), "wrong_login", "there is no password here");
    let reset = world.post(&root, &format!("/users/{id}/password"), json!({ "password": "seven herons over" })).await;
    assert_eq!(reset.code(), "no_password");
    for (who, code) in [("eve", "unknown_user"), ("bob", "uses_password"), ("7", "other_identity")] {
        let stranger = Browser::new();
        assert_eq!(stranger.sign_in(&console, who).await, format!("/login?refused={code}"), "{who}");
        assert_eq!(stranger.me(&console).await.0, 401, "{who}");
    }
    let refused: Vec<Value> = audit(&world, &eye, "session.refused").await.iter().map(|row| row["reason"].clone()).collect();
    assert_eq!(&refused[..3], ["other_identity", "uses_password", "unknown_user"].map(|word| json!(word)));

    // Wrong passwords lock the name, whichever way its owner comes.
    world.call(None, "POST", "/session", Some(json!({ "name": "ada", "password": PASSWORD }))).await;
    for _ in 0..3 {
        world.call(None, "POST", "/session", Some(json!({ "name": "ada", "password": "wrong" }))).await;
    }
    assert_eq!(Browser::new().sign_in(&console, "ada").await, "/login?refused=locked");
    assert_eq!(world.call(Some(&root), "POST", &format!("/users/{id}/unlock"), None).await.status, 204);
    assert_eq!(Browser::new().sign_in(&console, "ada").await, "/queue");

    let user = world.get(&root, &format!("/users/{id}")).await.expect(200);
    let change = |active: bool| json!({ "seen_version": user["version"], "display_name": "Ada", "roles": ["operator"], "units": ["city"], "active": active });
    world.call(Some(&root), "PUT", &format!("/users/{id}"), Some(change(false))).await.expect(200);
    assert_eq!(browser.me(&console).await.0, 401, "what was open ends");
    assert_eq!(Browser::new().sign_in(&console, "ada").await, "/login?refused=inactive");
}

both!(an_administrator_changes_the_way_in);
async fn an_administrator_changes_the_way_in(world: World) {
    let Some(Stage { world, console, idp: _idp }) = stage(world, no_groups(&["ada"]), json!({})).await else { return };
    let root = world.person("root", &[Role::Administrator]).await;
    let ada = world.person("ada", &[Role::Operator]).await;
    let list = world.get(&root, "/users").await.expect(200);
    let id_of = |name: &str| {
        let items = list["items"].as_array().unwrap().clone();
        items.into_iter().find(|user| user["name"] == name).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let (id, own) = (id_of("ada"), id_of("root"));
    let put = async |id: &str, body: Value| world.call(Some(&root), "PUT", &format!("/users/{id}/sign-in"), Some(body)).await;
    assert_eq!(put(&own, json!({ "seen_version": 1, "sign_in": "provider" })).await.code(), "own_account");
    assert_eq!(put(&id, json!({ "seen_version": 9, "sign_in": "provider" })).await.code(), "stale");
    assert_eq!(put(&id, json!({ "seen_version": 1, "sign_in": "provider", "password": PASSWORD })).await.code(), "no_password");
    let changed = put(&id, json!({ "seen_version": 1, "sign_in": "provider" })).await.expect(200);
    assert_eq!((&changed["sign_in"], &changed["version"]), (&json!("provider"), &json!(2)));
    assert_eq!(world.get(&ada, "/session").await.status, 401, "what was open ends");
    let browser = Browser::new();
    assert_eq!(browser.sign_in(&console, "ada").await, "/queue");
    for (method, path, body) in [
        ("PUT", "password", json!({ "old": PASSWORD, "new": "seven herons over the weir" })),
        ("POST", "totp", json!({ "password": PASSWORD })),
    ] {
        let url = format!("{console}/api/v1/session/{path}");
        let request = browser.http.request(method.parse().unwrap(), url).header("x-kerbwatch", "1").json(&body);
        let refused: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(refused["error"]["code"], "no_password", "{path}");
    }
    let back = json!({ "seen_version": 3, "sign_in": "password" });
    assert_eq!(put(&id, back).await.code(), "bad_password");
    let back = json!({ "seen_version": 3, "sign_in": "password", "password": "seven herons over the weir" });
    assert_eq!(put(&id, back).await.expect(200)["must_change_password"], true);
    assert_eq!(browser.me(&console).await.0, 401);
    assert_eq!(Browser::new().sign_in(&console, "ada").await, "/login?refused=uses_password");
    let without = world.with(|_| {}).await;
    assert_eq!(without.call(None, "GET", "/session/options", None).await.expect(200)["provider"], false);
    let change = json!({ "seen_version": 4, "sign_in": "provider" });
    let refused = without.call(Some(&root), "PUT", &format!("/users/{id}/sign-in"), Some(change)).await;
    assert_eq!(refused.code(), "no_provider");
}

both!(groups_make_users_where_they_are_mapped);
async fn groups_make_users_where_they_are_mapped(world: World) {
    let people = json!({ "ada": { "groups": ["kw-operators", "xuhui"] }, "eve": { "groups": ["visitors"] },
                         "mallory": { "groups": ["kw-admins", "kw-operators", "all"] } });
    let mapping = json!({ "label": "City sign-on",
        "roles": { "kw-operators": ["operator"], "kw-legal": ["legal_reviewer"], "kw-admins": ["administrator"] },
        "units": { "all": "city", "xuhui": "Xuhui" } });
    let Some(Stage { world, console, idp }) = stage(world, people, mapping).await else { return };
    assert_eq!(world.call(None, "GET", "/session/options", None).await.expect(200)["label"], "City sign-on");
    let browser = Browser::new();
    assert_eq!(browser.sign_in(&console, "ada").await, "/queue");
    let me = browser.me(&console).await.1;
    assert_eq!((&me["user"]["roles"], &me["user"]["units"][0]["district"]), (&json!(["operator"]), &json!("Xuhui")));
    assert_eq!(me["user"]["display_name"], "ada of the city");
    for who in ["eve", "mallory"] {
        assert_eq!(Browser::new().sign_in(&console, who).await, "/login?refused=no_role", "{who}");
    }
    idp.turn("claims", json!({ "groups": ["kw-legal", "all"] })).await;
    assert_eq!(Browser::new().sign_in(&console, "ada").await, "/queue", "and again: the same user");
    let me = browser.me(&console).await.1;
    assert_eq!((&me["user"]["roles"], &me["user"]["units"][0]["id"]), (&json!(["legal_reviewer"]), &json!("city")));
    let users = world.state.store.users().await.unwrap();
    assert_eq!(users.iter().filter(|user| user.name == "ada").count(), 1);
    idp.turn("claims", json!({})).await;
    idp.turn("userinfo", Value::Null).await;
    assert_eq!(Browser::new().sign_in(&console, "ada").await, "/queue", "claims at the userinfo endpoint count too");
    // Groups are asked again when the session ends, which is within the hour, however busy it is.
    for minutes in [20, 20, 19] {
        world.clock.advance(minutes * 60_000);
        assert_eq!(browser.me(&console).await.0, 200);
    }
    world.clock.advance(2 * 60_000);
    assert_eq!(browser.me(&console).await.0, 401, "who is taken out of a group is out by now");
}

both!(a_token_that_does_not_hold_opens_nothing);
async fn a_token_that_does_not_hold_opens_nothing(world: World) {
    let Some(Stage { world, console, idp }) = stage(world, no_groups(&["ada"]), json!({})).await else { return };
    expected(&world, "ada", &[Role::Operator]).await;
    let now_s = world.now_ms() / 1000;
    for claims in [
        json!({ "aud": "another client" }),
        json!({ "aud": ["kerbwatch", "another client"] }),
        json!({ "iss": "http://127.0.0.1:1" }),
        json!({ "nonce": "of another sign-in" }),
        json!({ "nonce": null }),
        json!({ "exp": now_s - 61 }),
        json!({ "iat": now_s + 3600 }),
        json!({ "iat": now_s - 3600 }),
    ] {
        idp.turn("claims", claims.clone()).await;
        assert_eq!(Browser::new().sign_in(&console, "ada").await, "/login?refused=bad_token", "{claims}");
    }
    idp.turn("claims", json!({ "exp": now_s - 20, "iat": now_s + 20 })).await;
    assert_eq!(Browser::new().sign_in(&console, "ada").await, "/queue", "clocks may differ by less than a minute");
    idp.turn("claims", json!({})).await;
    idp.turn("stranger", Value::Null).await;
    assert_eq!(Browser::new().sign_in(&console, "ada").await, "/login?refused=bad_token", "a key of somebody else");
    assert_eq!(world.rows("sessions").await, 1);
}

both!(keys_that_changed_on_the_way_shut_nobody_out);
async fn keys_that_changed_on_the_way_shut_nobody_out(world: World) {
    let Some(Stage { world, console, idp }) = stage(world, no_groups(&["ada"]), json!({})).await else { return };
    expected(&world, "ada", &[Role::Operator]).await;
    let browser = Browser::new();
    let (at, _) = browser.go(format!("{console}/api/v1/session/oidc"), "/auth?").await;
    idp.turn("rotate", Value::Null).await;
    let callback = browser.through(at, "ada", Will::Agree).await;
    assert_eq!(browser.land(&callback).await, ("/".to_owned(), true));
}

both!(a_return_that_this_browser_did_not_begin_opens_nothing);
async fn a_return_that_this_browser_did_not_begin_opens_nothing(world: World) {
    let Some(Stage { world, console, idp }) = stage(world, no_groups(&["ada"]), json!({})).await else { return };
    expected(&world, "ada", &[Role::Operator]).await;
    let mallory = Browser::new();
    let callback = format!("{console}{}", crate::oidc::CALLBACK);
    let refused = async |browser: &Browser, url: &str, code: &str| {
        assert_eq!(browser.land(url).await, (format!("/login?refused={code}"), false), "{url}");
    };
    for query in ["", "?code=x", "?state=x&code=x", "?state=&code=", "?error=access_denied&state=x", "?state=x&state=y&new=1"] {
        refused(&mallory, &format!("{callback}{query}"), "expired").await;
    }
    // Mallory's own sign-in, given to somebody else's browser.
    let begin = format!("{console}/api/v1/session/oidc");
    let theirs = mallory.through(begin.clone(), "ada", Will::Agree).await;
    refused(&Browser::new(), &theirs, "expired").await;
    let victim = Browser::new();
    victim.go(begin.clone(), "/auth?").await;
    refused(&victim, &theirs, "expired").await;
    refused(&mallory, &theirs.replace("state=", "state=x"), "expired").await;
    // A code that is not of this sign-in, an issuer that is not ours, a person who does not agree.
    let state = async |browser: &Browser| {
        let (at, _) = browser.go(begin.clone(), "/auth?").await;
        at.split("state=").nth(1).unwrap().split('&').next().unwrap().to_owned()
    };
    let sent = state(&mallory).await;
    refused(&mallory, &format!("{callback}?code=x&state={sent}"), "provider_refused").await;
    refused(&mallory, &format!("{callback}?code=x&state={sent}"), "expired").await;
    let sent = state(&mallory).await;
    refused(&mallory, &format!("{callback}?code=x&state={sent}&iss=http://127.0.0.1:1"), "bad_token").await;
    let unwilling = Browser::new();
    let back = unwilling.through(begin.clone(), "ada", Will::Refuse).await;
    assert!(back.contains("error=access_denied"), "{back}");
    refused(&unwilling, &back, "consent").await;
    // Too late.
    let slow = Browser::new();
    let back = slow.through(begin.clone(), "ada", Will::Agree).await;
    world.clock.advance(10 * 60_000 + 1);
    refused(&slow, &back, "expired").await;
    drop(idp);
    world.clock.advance(11_000);
    let away = mallory.http.get(&begin).send().await.unwrap();
    assert_eq!(away.headers()["location"], "/login?refused=provider_away");
    assert_eq!(world.call(None, "GET", "/session/oidc?next=/queue&unknown=1", None).await.status, 400);
}

both!(a_second_factor_is_where_the_password_is);
async fn a_second_factor_is_where_the_password_is(world: World) {
    let Some(Stage { world, console, idp }) = stage(world, no_groups(&["ada", "sue"]), json!({})).await else { return };
    let root = world.person("root", &[Role::Administrator]).await;
    let ada = expected(&world, "ada", &[Role::Operator]).await;
    expected(&world, "sue", &[Role::Supervisor]).await;
    assert_eq!(Browser::new().sign_in(&console, "sue").await, "/login?refused=second_factor");
    idp.turn("claims", json!({ "amr": ["pwd"], "acr": "silver" })).await;
    assert_eq!(Browser::new().sign_in(&console, "sue").await, "/login?refused=second_factor");
    let weak = Browser::new();
    assert_eq!(weak.sign_in(&console, "ada").await, "/queue", "other roles need none");
    idp.turn("claims", json!({ "amr": ["pwd", "mfa"] })).await;
    let sue = Browser::new();
    assert_eq!(sue.sign_in(&console, "sue").await, "/queue");
    let me = sue.me(&console).await.1;
    assert_eq!((&me["totp"], &me["must"]), (&json!(true), &json!([])));
    // A role given later holds in open sessions too.
    let user = world.get(&root, &format!("/users/{ada}")).await.expect(200);
    let body = json!({ "seen_version": user["version"], "display_name": "Ada", "roles": ["supervisor"], "units": ["city"], "active": true });
    world.call(Some(&root), "PUT", &format!("/users/{ada}"), Some(body)).await.expect(200);
    assert_eq!(weak.me(&console).await.0, 401, "they sign in once more, with the factor");
    assert_eq!(Browser::new().sign_in(&console, "ada").await, "/queue");
}

both!(who_logs_out_here_is_logged_out_there);
async fn who_logs_out_here_is_logged_out_there(world: World) {
    let Some(Stage { world, console, idp }) = stage(world, no_groups(&["ada"]), json!({})).await else { return };
    expected(&world, "ada", &[Role::Operator]).await;
    let browser = Browser::new();
    browser.sign_in(&console, "ada").await;
    let (status, out) = browser.log_out(&console).await;
    assert_eq!((status, browser.me(&console).await.0), (200, 401));
    let at = out["continue_at"].as_str().unwrap().to_owned();
    assert!(at.starts_with(&format!("{}/session/end?", idp.issuer)) && at.contains("id_token_hint="), "{at}");
    let (page_at, page) = browser.go(at, "/login").await;
    let xsrf = page.split("name=\"xsrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let there = reqwest::Url::parse(&page_at).unwrap().join("/session/end/confirm").unwrap().to_string();
    let (home, _) = browser.go(browser.submit(&there, &format!("xsrf={xsrf}&logout=yes")).await, "/login").await;
    assert_eq!(home, format!("{console}/login"));
    let (_, page) = browser.go(format!("{console}/api/v1/session/oidc"), "/session/oidc/callback").await;
    assert!(page.contains("name=\"password\""), "the provider asks who it is again");
    // The provider being away keeps nobody from logging out.
    let browser = Browser::new();
    browser.sign_in(&console, "ada").await;
    drop(idp);
    let again = world.with(|_| {}).await;
    assert_eq!(again.call(None, "DELETE", "/session", None).await.status, 204);
    assert!(matches!(browser.log_out(&console).await.0, 200 | 204));
    assert_eq!(browser.me(&console).await.0, 401);
}
