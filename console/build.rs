//! The web application is built by its own tools into `web/dist` and embedded. Where that has not been done, a page stands in
//! that says how, so that the crate always builds.

use std::path::Path;

const STAND_IN: &str = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Kerbwatch</title>\n\
    <p>The web application is not built into this binary: run <code>make web</code> and build again.\n";

fn main() {
    let dist = Path::new("web/dist");
    let index = dist.join("index.html");
    if !index.exists() {
        std::fs::create_dir_all(dist).expect("web/dist can be made beside the manifest");
        std::fs::write(&index, STAND_IN).expect("web/dist/index.html can be written");
    }
    println!("cargo::rerun-if-changed=web/dist");
    println!("cargo::rerun-if-changed=migrations");
}
