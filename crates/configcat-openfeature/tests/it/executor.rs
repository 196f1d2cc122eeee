//! Tests that no call blocks the executor. It runs on the thread of the test, so a blocked call
//! would also stop the other future, which makes the CDN answer: the test would hang.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, SystemTime},
};

use configcat::{Client, ClientBuilder, PollingMode, fetch::Proxy};
use configcat_openfeature::ConfigCatProvider;
use configcat_testkit::{Cdn, ManualClock, Reply, SDK_KEY, config_json};
use open_feature::{
    EvaluationContext, EvaluationErrorCode, FlagMetadataValue, OpenFeature,
    provider::{FeatureProvider, ProviderStatus, ResolutionDetails},
};
use tokio::{join, runtime::Builder};

const SECOND: Duration = Duration::from_secs(1);

fn on_one_thread(run: impl Future<Output = ()>) {
    Builder::new_current_thread().build().unwrap().block_on(run);
}

fn client(cdn: &Cdn, mode: impl Into<PollingMode>, clock: &Arc<ManualClock>) -> ClientBuilder {
    Client::builder(SDK_KEY).base_url(cdn.url()).proxy(Proxy::None).polling_mode(mode).clock(clock.clone())
}

async fn resolve(provider: &ConfigCatProvider) -> Result<bool, EvaluationErrorCode> {
    let resolved = provider.resolve_bool_value("isOn", &EvaluationContext::default()).await;
    resolved.map(|details| details.value).map_err(|error| error.code)
}

#[test]
fn initializing_does_not_wait_for_the_first_config() {
    on_one_thread(async {
        let (cdn, clock) = (Cdn::new(&config_json([("isOn", true)])), ManualClock::new());
        cdn.script([Reply::hang()]);
        let client = client(&cdn, PollingMode::auto(), &clock).build().unwrap();
        let provider = ConfigCatProvider::new(client.clone());
        assert_eq!(provider.status(), ProviderStatus::NotReady);
        let mut api = OpenFeature::default();
        api.set_provider(provider).await;
        let flags = api.create_client();
        let early = flags.get_bool_value("isOn", None, None).await;
        assert_eq!(early.map_err(|error| error.code), Err(EvaluationErrorCode::ProviderNotReady));

        // The client becomes ready by itself later.
        cdn.await_hanging(1);
        cdn.release();
        client.wait_for_ready(Duration::MAX);
        assert_eq!(flags.get_bool_value("isOn", None, None).await, Ok(true));
        assert_eq!(ConfigCatProvider::new(client).status(), ProviderStatus::Ready);
    });
}

#[test]
fn a_client_that_never_gets_a_config_is_in_error_after_the_max_init_wait() {
    on_one_thread(async {
        let (cdn, clock) = (Cdn::new(&config_json([("isOn", true)])), ManualClock::new());
        cdn.script([Reply::hang()]);
        let client = client(&cdn, PollingMode::auto(), &clock).build().unwrap();
        let provider = ConfigCatProvider::new(client);
        clock.advance(5 * SECOND);
        assert_eq!(provider.status(), ProviderStatus::Error);
        assert_eq!(resolve(&provider).await, Err(EvaluationErrorCode::ProviderNotReady));
    });
}

#[test]
fn evaluations_that_fetch_lazily_let_others_run_and_share_the_fetch() {
    on_one_thread(async {
        let (cdn, clock) = (Cdn::new(&config_json([("isOn", true)])), ManualClock::new());
        let provider = ConfigCatProvider::new(client(&cdn, PollingMode::lazy(), &clock).build().unwrap());
        for fetches in 1..3 {
            cdn.script([Reply::hang()]);
            let answer = async {
                cdn.await_hanging(1);
                cdn.release();
            };
            let resolved = join!(resolve(&provider), resolve(&provider), resolve(&provider), answer);
            assert_eq!((resolved.0, resolved.1, resolved.2), (Ok(true), Ok(true), Ok(true)));
            assert_eq!(resolve(&provider).await, Ok(true));
            assert_eq!(cdn.count(), fetches);
            clock.advance(60 * SECOND);
        }
    });
}

#[test]
fn an_evaluation_that_is_given_up_does_no_harm() {
    on_one_thread(async {
        let (cdn, clock) = (Cdn::new(&config_json([("isOn", true)])), ManualClock::new());
        cdn.script([Reply::hang()]);
        let provider = ConfigCatProvider::new(client(&cdn, PollingMode::lazy(), &clock).build().unwrap());
        let given_up = async { cdn.await_hanging(1) };
        tokio::select! {
            biased;
            resolved = resolve(&provider) => panic!("{resolved:?} before the CDN has answered"),
            () = given_up => {}
        }
        let answer = async { cdn.release() };
        assert_eq!(join!(resolve(&provider), answer).0, Ok(true));
        assert_eq!(cdn.count(), 1, "the fetch went on");
    });
}

#[test]
fn metadata_tell_which_config_it_was_and_when_it_was_fetched() {
    on_one_thread(async {
        let (cdn, clock) = (Cdn::new(&config_json([("isOn", true)])), ManualClock::new());
        let client = client(&cdn, PollingMode::manual(), &clock).build().unwrap();
        client.force_refresh().unwrap();
        let fingerprint = client.snapshot().fingerprint().unwrap().to_string();
        let provider = ConfigCatProvider::new(client);
        let resolved = provider.resolve_bool_value("isOn", &EvaluationContext::default()).await.unwrap();
        let ResolutionDetails { flag_metadata: Some(metadata), .. } = resolved else { panic!("no metadata") };
        let fetched_at = clock.now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
        let mut metadata: Vec<_> = metadata.values.into_iter().collect();
        metadata.sort_by(|a, b| a.0.cmp(&b.0));
        let fetch_time = FlagMetadataValue::Int(i64::try_from(fetched_at).unwrap());
        let version = FlagMetadataValue::String(fingerprint);
        let expected = [("fetchTime".to_owned(), fetch_time), ("version".to_owned(), version)];
        assert_eq!(metadata, expected);
    });
}
