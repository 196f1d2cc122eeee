//! Requests that are accepted as webhooks. The signatures were made with Python's `hmac` and
//! `base64`:
//! `b64encode(hmac.new(key, id + timestamp + body, "sha256").digest())`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use configcat_webhook::{Headers, Verifier, VerifyError};

/// Key, id, time, body and signature of the example in ConfigCat's documentation.
const KEY: &str = "configcat_whsk_VN3juirnVh5pNvCKd81RYRYchxUX4j3NykbZG2fAy88=";
const ID: &str = "b616ca659d154a5fb907dd8475792eeb";
const SENT: u64 = 1_669_629_035;
const BODY: &[u8] = b"examplebody";
const SIGNATURE: &str = "Ks3cYsu9Lslfo+hVxNC3oQWnsF9e5d73TI5t94D9DRA=";

/// Another key, and its signature of the same.
const SECOND_KEY: &str = "configcat_whsk_second";
const SECOND_SIGNATURE: &str = "oSJWb17hz07IbJWrpU6H1GbjoINih17BOMJeWRaz+54=";

fn headers(signatures: &str) -> Headers<'_> {
    Headers { id: Some(ID), timestamp: Some("1669629035"), signatures: Some(signatures) }
}

fn at(unix_seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(unix_seconds)
}

fn verify(keys: &[&str], headers: &Headers<'_>, body: &[u8]) -> Result<(), VerifyError> {
    Verifier::new(keys).unwrap().verify_at(headers, body, at(SENT))
}

#[test]
fn signatures_of_another_implementation_are_accepted() {
    let cases: [(&str, &[u8], &str); 5] = [
        (KEY, BODY, SIGNATURE),
        (SECOND_KEY, BODY, SECOND_SIGNATURE),
        (KEY, b"", "iZXarSYCGMJAPqvbFYOgAotdXUIL8B5IMMVuPAsmzgk="),
        (KEY, &[0, 255, 128, 10], "uD/DTDz7VxooYJGGx6v3axFgkLmEHhLp6nxLJTRXfXs="),
        (
            SECOND_KEY,
            r#"[{"settingKey":"x","details":"\r\nx: false ➔ true"}]"#.as_bytes(),
            "d1MYBHFdwQZcQpTWltrYM/nAZVKx1HhhBiMpTv0RWas=",
        ),
    ];
    for (key, body, signature) in cases {
        assert_eq!(verify(&[key], &headers(signature), body), Ok(()), "{signature}");
    }
}

#[test]
fn a_tampered_request_is_refused() {
    let good = headers(SIGNATURE);
    let refused = |headers: Headers<'_>, body: &[u8]| {
        assert_eq!(verify(&[KEY], &headers, body), Err(VerifyError::WrongSignature), "{headers:?}");
    };
    refused(good, b"Examplebody");
    refused(good, b"examplebod");
    refused(good, b"examplebody\n");
    refused(good, b"");
    refused(Headers { id: Some("b616ca659d154a5fb907dd8475792eec"), ..good }, BODY);
    refused(Headers { timestamp: Some("1669629036"), ..good }, BODY);
    refused(headers(SECOND_SIGNATURE), BODY);
    for place in 0..42 {
        let other = if SIGNATURE.as_bytes()[place] == b'A' { "B" } else { "A" };
        let mut signature = SIGNATURE.to_owned();
        signature.replace_range(place..=place, other);
        refused(headers(&signature), BODY);
    }
}

#[test]
fn keys_are_replaced_without_a_gap() {
    let both = format!("{SIGNATURE},{SECOND_SIGNATURE}");
    let swapped = format!("{SECOND_SIGNATURE}, {SIGNATURE}");
    for signatures in [SIGNATURE, &both, &swapped] {
        for keys in [&[KEY][..], &[KEY, SECOND_KEY], &[SECOND_KEY, KEY]] {
            assert_eq!(verify(keys, &headers(signatures), BODY), Ok(()), "{signatures} by {keys:?}");
        }
    }
    let outcome = |keys| verify(keys, &headers(SECOND_SIGNATURE), BODY);
    assert_eq!(outcome(&[KEY]), Err(VerifyError::WrongSignature), "the old key alone, after it was deleted");
    assert_eq!(outcome(&["configcat_whsk_third", KEY]), Err(VerifyError::WrongSignature));
}

#[test]
fn a_request_is_accepted_within_five_minutes() {
    let outcome = |verifier: &Verifier, now| verifier.verify_at(&headers(SIGNATURE), BODY, now);
    for now in [SENT - 300, SENT, SENT + 300] {
        assert_eq!(outcome(&Verifier::new([KEY]).unwrap(), at(now)), Ok(()), "{now}");
    }
    let verifier = Verifier::new([KEY]).unwrap();
    let just_over = at(SENT + 300) + Duration::from_millis(1);
    let long_before = UNIX_EPOCH - Duration::from_secs(1);
    for now in [at(SENT - 301), just_over, at(SENT + 86_400), at(0), long_before] {
        assert_eq!(outcome(&verifier, now), Err(VerifyError::Stale), "{now:?}");
    }
    let patient = verifier.window(Duration::from_secs(3600));
    assert_eq!(outcome(&patient, at(SENT + 3600)), Ok(()));
    assert_eq!(outcome(&patient, at(SENT + 3601)), Err(VerifyError::Stale));
}

#[test]
fn a_wrong_signature_is_reported_before_the_age() {
    let verifier = Verifier::new([KEY]).unwrap();
    let outcome = verifier.verify(&headers(SECOND_SIGNATURE), BODY);
    assert_eq!(outcome, Err(VerifyError::WrongSignature));
}

#[test]
fn missing_headers_are_errors() {
    let good = headers(SIGNATURE);
    let cases = [
        (Headers { id: None, ..good }, "X-ConfigCat-Webhook-ID"),
        (Headers { timestamp: None, ..good }, "X-ConfigCat-Webhook-Timestamp"),
        (Headers { signatures: None, ..good }, "X-ConfigCat-Webhook-Signature-V1"),
    ];
    for (headers, name) in cases {
        assert_eq!(verify(&[KEY], &headers, BODY), Err(VerifyError::MissingHeader(name)));
    }
}

#[test]
fn malformed_headers_are_errors() {
    let good = headers(SIGNATURE);
    for timestamp in ["", " ", "now", "+1669629035", "-1669629035", "1669629035.0", "99999999999999999999"] {
        let outcome = verify(&[KEY], &Headers { timestamp: Some(timestamp), ..good }, BODY);
        assert_eq!(outcome, Err(VerifyError::Malformed("X-ConfigCat-Webhook-Timestamp")), "{timestamp}");
    }
    let hex = "2acddc62cbbd2ec95fa3e855c4d0b7a105a7b05f5ee5def74c8e6df780fd0d10";
    let url_safe = SIGNATURE.replace('+', "-");
    let unpadded = SIGNATURE.trim_end_matches('=');
    let long = "A".repeat(100_000);
    for signatures in ["", ",,,", "wrong", "aGk=", hex, &url_safe, unpadded, &long, "Ä"] {
        let outcome = verify(&[KEY], &headers(signatures), BODY);
        assert_eq!(outcome, Err(VerifyError::Malformed("X-ConfigCat-Webhook-Signature-V1")), "{signatures}");
    }
    let among_others = format!(",wrong,{SIGNATURE},");
    assert_eq!(verify(&[KEY], &headers(&among_others), BODY), Ok(()));
}

#[test]
fn empty_keys_are_refused() {
    assert!(Verifier::new([""; 0]).is_err());
    assert!(Verifier::new([KEY, ""]).is_err());
}

#[test]
fn keys_and_signatures_are_never_shown() {
    let verifier = Verifier::new([KEY, SECOND_KEY]).unwrap();
    assert_eq!(format!("{verifier:?}"), "Verifier { keys: 2, window: 300s }");
    let error = verifier.verify(&headers(SIGNATURE), b"other").unwrap_err();
    let text = "the request is not signed with a known key";
    assert_eq!([error.to_string(), format!("{error:?}")], [text; 2]);
}
