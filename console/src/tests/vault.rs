//! Evidence in an object store (s3proxy, see `deploy/s3`): read when it is not here, and never a 5xx for what one can wait for.

#[path = "../../../pipeline/objects/testing/server.rs"]
pub(super) mod server;

use axum::body::Body;
use axum::http::{Request, header};

use self::server::{SECRET, Server};
use super::both;
use super::world::{Person, Reply, World};
use crate::dto::Role;

async fn look(world: &World, who: &Person, id: &str, role: &str, range: Option<&str>) -> Reply {
    let detail = world.get(who, &format!("/candidates/{id}")).await.expect(200);
    let items = detail["evidence"].as_array().unwrap().clone();
    let url = items.iter().find(|item| item["role"] == role).unwrap()["url"].as_str().unwrap().to_owned();
    let mut request = Request::get(url).header(header::COOKIE, &who.cookie);
    if let Some(range) = range {
        request = request.header(header::RANGE, range);
    }
    world.send(request.body(Body::empty()).unwrap()).await
}

both!(evidence_that_is_not_here_is_read_from_the_store);
async fn evidence_that_is_not_here_is_read_from_the_store(world: World) {
    let Some(server) = Server::start() else { return };
    let config = server.config(SECRET);
    let world = world.with(|settings| settings.objects = Some(config)).await;
    let ada = world.person("ada", &[Role::Operator]).await;
    let local = world.folder.path().join("evidence");
    // A clip larger than what is kept in memory.
    let id = format!("{:032x}", 1);
    let clip: Vec<u8> = (0..5_000_000_u32).map(|i| ((i * 31) >> 3) as u8).collect();
    let evidence = vec![
        world.file(&format!("{id}/trigger.jpg"), "trigger", b"\xff\xd8 a picture"),
        world.file(&format!("{id}/clip.mp4"), "clip", &clip),
    ];
    let data = events::wire::v1::CandidateData { evidence, ..super::world::candidate_data(1, world.now_ms()) };
    assert_eq!(world.take(&[super::world::candidate_message(&data)]).await, ["stored"]);
    assert_eq!(look(&world, &ada, &id, "trigger", None).await.status, 200, "while it is here");

    let files: Vec<(String, Vec<u8>)> = ["trigger.jpg", "clip.mp4"]
        .iter()
        .map(|file| (format!("{id}/{file}"), std::fs::read(local.join(&id).join(file)).unwrap()))
        .collect();
    std::fs::remove_dir_all(&local).unwrap();
    for role in ["trigger", "clip"] {
        let early = look(&world, &ada, &id, role, None).await;
        assert_eq!((early.status.as_u16(), early.code().as_str()), (404, "not_yet_there"), "{role}");
        assert!(early.headers.contains_key(header::RETRY_AFTER));
    }
    let objects = server.objects();
    for (key, content) in files {
        objects.put_new(&key, content.into()).await.unwrap();
    }
    let still = look(&world, &ada, &id, "trigger", None).await;
    assert_eq!((still.status.as_u16(), still.bytes.as_slice()), (200, b"\xff\xd8 a picture".as_slice()));
    let part = look(&world, &ada, &id, "clip", Some("bytes=1000000-4500000")).await;
    assert_eq!((part.status.as_u16(), part.bytes.as_slice()), (206, &clip[1_000_000..=4_500_000]));
    assert_eq!(part.headers[header::CONTENT_RANGE], "bytes 1000000-4500000/5000000");
    assert_eq!(look(&world, &ada, &id, "clip", None).await.bytes, clip);
    assert_eq!(look(&world, &ada, &id, "clip", Some("bytes=9000000-")).await.status, 416);

    // Another file than the one that was sealed is not shown as if it were.
    std::fs::write(server.kept().join(&id).join("clip.mp4"), b"short").unwrap();
    assert_eq!(look(&world, &ada, &id, "clip", None).await.code(), "evidence_changed");
    assert_eq!(server.run("stop"), Some(0));
    let away = look(&world, &ada, &id, "clip", None).await;
    assert_eq!((away.status.as_u16(), away.code().as_str()), (424, "store_away"));
    assert_eq!(look(&world, &ada, &id, "trigger", None).await.status, 200, "a still that was just looked at is kept");
    assert_eq!(server.run("start"), Some(0));
    assert_eq!(look(&world, &ada, &id, "clip", None).await.code(), "evidence_changed", "and the store is back");
}
