//! Pictures: signed, bound to a person, audited, in parts, and never anything else.

use axum::body::Body;
use axum::http::{Request, header};

use super::both;
use super::world::{Person, World};
use crate::dto::Role;

async fn look(world: &World, who: &Person, url: &str, range: Option<&str>) -> super::world::Reply {
    let mut request = Request::get(url).header(header::COOKIE, &who.cookie);
    if let Some(range) = range {
        request = request.header(header::RANGE, range);
    }
    world.send(request.body(Body::empty()).unwrap()).await
}

async fn url_of(world: &World, who: &Person, id: &str, role: &str) -> String {
    let detail = world.get(who, &format!("/candidates/{id}")).await.expect(200);
    let items = detail["evidence"].as_array().unwrap().clone();
    items.iter().find(|item| item["role"] == role).unwrap()["url"].as_str().unwrap().to_owned()
}

both!(an_address_shows_its_picture_to_its_person_for_five_minutes);
async fn an_address_shows_its_picture_to_its_person_for_five_minutes(world: World) {
    let id = world.candidate(1).await;
    let (ada, bob) = (world.person("ada", &[Role::Operator]).await, world.person("bob", &[Role::Operator]).await);
    let url = url_of(&world, &ada, &id, "trigger").await;
    let reply = look(&world, &ada, &url, None).await;
    assert_eq!((reply.status.as_u16(), reply.bytes.as_slice()), (200, b"\xff\xd8 a picture".as_slice()));
    assert_eq!(reply.headers[header::CONTENT_TYPE], "image/jpeg");
    assert_eq!(reply.headers["x-content-type-options"], "nosniff");
    assert_eq!(look(&world, &bob, &url, None).await.status, 404, "made for somebody else");
    let anonymous = world.send(Request::get(&url).body(Body::empty()).unwrap()).await;
    assert_eq!(anonymous.status, 401);
    let other = format!("{:032x}", 2);
    for tampered in [
        url.replace("trigger.jpg", "clip.mp4"),
        url.replace(&id, &other),
        url.replace("purpose=review", "purpose=queue"),
        url.replace("expires=18", "expires=19"),
        url.replace("sig=", "sig=00"),
        url.replace("trigger.jpg", "..%2f..%2fconsole.db"),
        url.replace("trigger.jpg", "%2e%2e%2fconsole.db"),
        url.replace("trigger.jpg", "trigger.jpg%00"),
    ] {
        assert_ne!(tampered, url);
        assert_eq!(look(&world, &ada, &tampered, None).await.status, 404, "{tampered}");
    }
    assert_eq!(look(&world, &ada, &format!("{url}&x=1"), None).await.status, 400);
    world.clock.advance(300_000);
    assert_eq!(look(&world, &ada, &url, None).await.status, 404, "over");
}

both!(a_clip_is_sent_in_parts_and_is_one_look);
async fn a_clip_is_sent_in_parts_and_is_one_look(world: World) {
    let id = world.candidate(1).await;
    let ada = world.person("ada", &[Role::Operator]).await;
    let auditor = world.person("eye", &[Role::Auditor]).await;
    let clip = url_of(&world, &ada, &id, "clip").await;
    let whole = look(&world, &ada, &clip, None).await;
    assert_eq!((whole.bytes.len(), &whole.headers[header::CONTENT_TYPE]), (1000, &"video/mp4".parse().unwrap()));
    let part = look(&world, &ada, &clip, Some("bytes=100-199")).await;
    assert_eq!((part.status.as_u16(), part.bytes.as_slice()), (206, &whole.bytes[100..200]));
    assert_eq!(part.headers[header::CONTENT_RANGE], "bytes 100-199/1000");
    let tail = look(&world, &ada, &clip, Some("bytes=-10")).await;
    assert_eq!(tail.bytes, &whole.bytes[990..]);
    let outside = look(&world, &ada, &clip, Some("bytes=1000-")).await;
    assert_eq!((outside.status.as_u16(), &outside.headers[header::CONTENT_RANGE]), (416, &"bytes */1000".parse().unwrap()));
    look(&world, &ada, &url_of(&world, &ada, &id, "manifest").await, None).await;

    let looks = world.get(&auditor, "/audit?action=evidence.look").await.expect(200);
    let looks = looks["items"].as_array().unwrap().clone();
    assert_eq!(looks.len(), 2, "one for the clip however many parts, one for the manifest");
    assert_eq!(looks[1]["details"]["file"], "clip.mp4");
    for row in looks {
        assert_eq!(
            (row["actor"].as_str(), row["object"].as_str(), row["reason"].as_str()),
            (Some("ada"), Some(id.as_str()), Some("review"))
        );
    }
}

both!(who_sees_no_pictures_gets_no_addresses);
async fn who_sees_no_pictures_gets_no_addresses(world: World) {
    let id = world.candidate(1).await;
    let ada = world.person("ada", &[Role::Operator]).await;
    let analyst = world.person("ann", &[Role::Analyst]).await;
    let url = url_of(&world, &ada, &id, "trigger").await;
    let detail = world.get(&analyst, &format!("/candidates/{id}")).await.expect(200);
    assert!(!detail.to_string().contains("/evidence/"), "{detail}");
    assert_eq!(look(&world, &analyst, &url, None).await.status, 403);
    let page = world.get(&ada, "/candidates").await.expect(200);
    let thumbnail = page["items"][0]["still_url"].as_str().unwrap().to_owned();
    assert!(thumbnail.contains("purpose=queue"));
    assert_eq!(look(&world, &ada, &thumbnail, None).await.status, 200);
}
