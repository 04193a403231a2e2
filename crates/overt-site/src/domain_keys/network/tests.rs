//! Against name servers and web servers of our own, over real sockets.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, TcpListener, UdpSocket};
use std::time::{Duration, Instant};

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, TXT};
use hickory_resolver::proto::rr::{RData, Record, RecordType};
use overt_record::{Algorithm, KeyId, PrivateKey, PublicKey};

use super::super::{DomainKeys as _, is_public};
use super::PublicNetwork;

fn key(seed: u8) -> PublicKey {
    PrivateKey::generate(Algorithm::Ed25519, &[seed; 32]).public()
}

/// A name server: every name below `example.` is at 127.0.0.1, and has no text but those given. The name `broken.example` it
/// does not want to resolve, of `nowhere.invalid` it knows that it does not exist.
fn name_server(texts: Vec<(&'static str, Vec<String>)>) -> u16 {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = socket.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let query = Message::from_vec(&buffer[..length]).unwrap();
            let asked = query.queries[0].clone();
            let name = asked.name().to_utf8().to_lowercase();
            let mut answer = Message::response(query.metadata.id, query.metadata.op_code);
            answer.add_query(asked.clone());
            answer.metadata.recursion_available = true;
            let record = |data| Record::from_rdata(asked.name().clone(), 60, data);
            match asked.query_type() {
                _ if name.contains("broken") => answer.metadata.response_code = ResponseCode::ServFail,
                _ if name.ends_with("invalid.") => answer.metadata.response_code = ResponseCode::NXDomain,
                RecordType::A if name.ends_with("example.") => {
                    answer.add_answer(record(RData::A(A(Ipv4Addr::LOCALHOST))));
                }
                RecordType::TXT => {
                    for (_, text) in texts.iter().filter(|(owner, _)| name == format!("_overt-key.{owner}."))
                    {
                        answer.add_answer(record(RData::TXT(TXT::new(text.clone()))));
                    }
                }
                _ => {}
            }
            socket.send_to(&answer.to_vec().unwrap(), from).unwrap();
        }
    });
    port
}

/// A web server that answers each request with the same bytes, and waits before the last of them.
fn web_server(answer: Vec<u8>, wait: Duration) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let mut request = [0; 4096];
            let length = stream.read(&mut request).unwrap_or(0);
            assert!(request[..length].starts_with(b"GET /.well-known/overt-key HTTP/1.1\r\n"));
            let (last, first) = answer.split_last().unwrap();
            let _ = stream.write_all(first);
            std::thread::sleep(wait);
            let _ = stream.write_all(&[*last]);
        }
    });
    port
}

fn network(names: u16, web: u16, allowed: fn(IpAddr) -> bool) -> PublicNetwork {
    let mut connection = ConnectionConfig::udp();
    connection.port = names;
    let server = NameServerConfig::new(IpAddr::V4(Ipv4Addr::LOCALHOST), true, vec![connection]);
    let config = ResolverConfig::from_name_servers(vec![server]);
    let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    builder.options_mut().timeout = Duration::from_millis(500);
    builder.options_mut().attempts = 1;
    PublicNetwork::new(builder.build().unwrap(), allowed, ("http", format!(":{web}"))).unwrap()
}

fn anywhere(_: IpAddr) -> bool {
    true
}

fn page(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
        .into_bytes()
}

#[tokio::test]
async fn a_key_is_found_in_the_page_and_in_the_text_record() {
    let id: KeyId = key(2).id();
    // One text may be cut into strings anywhere.
    let text = id.to_string();
    let (first, rest) = text.split_at(20);
    let names = name_server(vec![("university.example", vec![first.to_owned(), rest.to_owned()])]);
    let web = web_server(page(&key(1).to_pem().unwrap()), Duration::ZERO);
    let network = network(names, web, anywhere);
    let found = network.keys("university.example").await;
    assert_eq!(found.keys, [key(1).id(), id].into());
    assert!(found.unanswered.is_empty(), "{found:?}");
    let other = network.keys("other.example").await;
    assert_eq!((other.keys, other.unanswered), ([key(1).id()].into(), Vec::new()));
}

#[tokio::test]
async fn addresses_that_are_not_public_are_not_asked() {
    let web = web_server(page(&key(1).to_pem().unwrap()), Duration::ZERO);
    let network = network(name_server(Vec::new()), web, is_public);
    let found = network.keys("inside.example").await;
    assert!(found.keys.is_empty());
    assert!(found.unanswered[0].contains("no address that is public"), "{found:?}");
    // Names that are addresses are never resolved, so the guard would not see them.
    for address in ["127.0.0.1", "0177.0.0.1", "127.1", "0x7f.1", "1.2.3.4"] {
        let found = network.keys(address).await;
        assert!(
            found.keys.is_empty() && found.unanswered[0].contains("not the name of a domain"),
            "{found:?}"
        );
    }
}

#[tokio::test]
async fn an_answer_that_is_no_page_of_keys_is_an_error_or_no_key() {
    let names = name_server(Vec::new());
    let answered = async |answer: Vec<u8>, wait: Duration| {
        let found = network(names, web_server(answer, wait), anywhere).keys("a.example").await;
        assert!(found.keys.is_empty(), "{found:?}");
        found.unanswered.join("; ")
    };
    let at_once = Duration::ZERO;
    assert_eq!(answered(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_vec(), at_once).await, "");
    assert_eq!(answered(page("<html>no key</html>"), at_once).await, "");
    let moved = "HTTP/1.1 302 Found\r\nlocation: http://a.example/other\r\ncontent-length: 0\r\n\r\n";
    assert!(answered(moved.into(), at_once).await.contains("302"));
    assert!(answered(page(&"x".repeat(20_000)), at_once).await.contains("longer than 16384 bytes"));
    assert!(!answered(b"garbage".to_vec(), at_once).await.is_empty());
    assert!(!answered(page("cut").into_iter().take(58).collect(), at_once).await.is_empty());
    let begun = Instant::now();
    assert!(!answered(page("slow"), Duration::from_secs(20)).await.is_empty());
    assert!(begun.elapsed() < Duration::from_secs(8));
}

#[tokio::test]
async fn names_that_do_not_resolve_say_so() {
    let network = network(name_server(Vec::new()), 9, anywhere);
    let broken = network.keys("broken.example").await;
    assert_eq!(broken.unanswered.len(), 2, "neither place is known: {broken:?}");
    let nowhere = network.keys("nowhere.invalid").await;
    assert_eq!(
        (nowhere.unanswered.len(), nowhere.keys.len()),
        (1, 0),
        "there is no such record: {nowhere:?}"
    );
}
