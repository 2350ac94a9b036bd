//! `openapi.json` in git is what the server serves: the web application's client is generated from it.

use std::path::Path;

#[test]
fn the_document_in_git_is_the_one_served() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let now = serde_json::to_string_pretty(&kerbwatch_console::openapi()).unwrap() + "\n";
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == now, "openapi.json is out of date: run UPDATE_GOLDEN=1 cargo test -p kerbwatch-console --test openapi");
}
