//! Requests that are sent again.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine, prelude::BASE64_STANDARD};
use configcat_webhook::{Headers, Verifier, VerifyError};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const KEYS: [&str; 2] = ["configcat_whsk_first", "configcat_whsk_second"];
const SENT: u64 = 1_669_629_035;
const BODY: &[u8] = b"7 flags";

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(SENT)
}

fn verifier() -> Verifier {
    Verifier::new(KEYS).unwrap()
}

/// Returns the signature of a request under a key.
fn sign(key: &str, id: &str, timestamp: &str, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    let mac = mac.chain_update(id).chain_update(timestamp).chain_update(body).finalize();
    BASE64_STANDARD.encode(mac.into_bytes())
}

fn verify(verifier: &Verifier, id: &str, timestamp: &str, signatures: &str) -> Result<(), VerifyError> {
    let headers = Headers { id: Some(id), timestamp: Some(timestamp), signatures: Some(signatures) };
    verifier.verify_at(&headers, BODY, now())
}

#[test]
fn a_recorded_request_is_accepted_once() {
    let (verifier, timestamp) = (verifier(), SENT.to_string());
    let signature = sign(KEYS[0], "some id", &timestamp, BODY);
    assert_eq!(verify(&verifier, "some id", &timestamp, &signature), Ok(()));
    for verifier in [&verifier, &verifier.clone()] {
        let again = verify(verifier, "some id", &timestamp, &signature);
        assert_eq!(again, Err(VerifyError::Repeated));
    }
    let signature = sign(KEYS[0], "another id", &timestamp, BODY);
    assert_eq!(verify(&verifier, "another id", &timestamp, &signature), Ok(()));
}

#[test]
fn the_signature_of_another_key_makes_no_new_request() {
    let (verifier, timestamp) = (verifier(), SENT.to_string());
    let [first, second] = KEYS.map(|key| sign(key, "some id", &timestamp, BODY));
    assert_eq!(verify(&verifier, "some id", &timestamp, &format!("{first},{second}")), Ok(()));
    for signatures in [first.clone(), second.clone(), format!("{second}, {first}")] {
        let again = verify(&verifier, "some id", &timestamp, &signatures);
        assert_eq!(again, Err(VerifyError::Repeated), "{signatures}");
    }
}

#[test]
fn moving_digits_makes_no_new_request() {
    let (verifier, timestamp) = (verifier(), SENT.to_string());
    let signature = sign(KEYS[0], "id of 100", &timestamp, BODY);
    assert_eq!(verify(&verifier, "id of 100", &timestamp, &signature), Ok(()));
    for (id, timestamp) in [("id of 10", format!("0{timestamp}")), ("id of 1", format!("00{timestamp}"))] {
        let again = verify(&verifier, id, &timestamp, &signature);
        assert_eq!(again, Err(VerifyError::Repeated), "{id} at {timestamp}");
    }
    // Split at quite another time, by a verifier to which all times are new.
    let headers =
        Headers { id: Some("id of 10"), timestamp: Some("0166962903"), signatures: Some(&signature) };
    let outcome = verifier.window(Duration::MAX).verify_at(&headers, b"57 flags", now());
    assert_eq!(outcome, Err(VerifyError::Repeated));
}

#[test]
fn a_refused_request_may_be_sent_again() {
    let (verifier, timestamp) = (verifier(), (SENT + 301).to_string());
    let signature = sign(KEYS[0], "some id", &timestamp, BODY);
    assert_eq!(verify(&verifier, "some id", &timestamp, &signature), Err(VerifyError::Stale), "too early");
    assert_eq!(
        verify(&verifier, "some id", &timestamp, &sign("other", "some id", &timestamp, BODY)),
        Err(VerifyError::WrongSignature)
    );
    let headers = Headers { id: Some("some id"), timestamp: Some(&timestamp), signatures: Some(&signature) };
    let later = now() + Duration::from_secs(1);
    assert_eq!(verifier.verify_at(&headers, BODY, later), Ok(()));
    assert_eq!(verifier.verify_at(&headers, BODY, later), Err(VerifyError::Repeated));
    let much_later = later + Duration::from_secs(601);
    assert_eq!(verifier.verify_at(&headers, BODY, much_later), Err(VerifyError::Stale));
}

#[test]
fn one_of_many_threads_gets_a_request_accepted() {
    let (verifier, timestamp) = (verifier(), SENT.to_string());
    let signature = sign(KEYS[1], "some id", &timestamp, BODY);
    let accepted = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| verify(&verifier, "some id", &timestamp, &signature).is_ok()))
            .collect();
        threads.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum::<usize>()
    });
    assert_eq!(accepted, 1);
}
