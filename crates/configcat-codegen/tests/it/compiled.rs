//! Tests of the generated modules in the repository: they compile, they work, and the generator
//! still writes the same.

use std::{collections::BTreeSet, process::Command};

use configcat::{AnyFlag, Client, FileOverrides, OverrideBehavior, SettingType, User};
use configcat_codegen::{Defaults, Generator};

use crate::{SAMPLE, flags, hostile, path, read};

fn client_of(config_json: &str) -> Client {
    let overrides = FileOverrides::new(path(config_json));
    Client::builder("local").overrides(OverrideBehavior::LocalOnly, overrides).build().unwrap()
}

#[test]
fn they_are_what_is_generated_now() {
    assert_eq!(Generator::new().generate(read(SAMPLE)).unwrap(), read("tests/it/flags.rs"));
    let generator = Generator::new().defaults(Defaults::OfConfig);
    assert_eq!(generator.generate(read("tests/it/hostile.json")).unwrap(), read("tests/it/hostile.rs"));
}

#[test]
fn rustfmt_has_nothing_to_change() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["flags.rs", "hostile.rs", "choices.rs"] {
        // In a folder without a `rustfmt.toml`, so that the defaults apply.
        let file = folder.path().join(name);
        std::fs::copy(path("tests/it").join(name), &file).unwrap();
        let output =
            Command::new("rustfmt").args(["--edition", "2024", "--check"]).arg(&file).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}

#[test]
fn flags_are_evaluated() {
    let client = client_of(SAMPLE);
    assert_eq!(client.check(&flags::all()), []);
    let user = User::new("42").country("HU").custom("Plan", "pro").custom("Orders", 20);
    assert_eq!(client.get(&flags::GREETING, &user), "Jó napot!");
    assert_eq!(client.get(&flags::MAX_UPLOAD_MB, &user), 100);
    assert_eq!(client.get(&flags::MAX_UPLOAD_MB, None), 10);
    assert!(!client.get(&flags::IS_SALE_RUNNING, None));
    assert_eq!(client.get(&flags::DISCOUNT, None), 0.0);
}

#[test]
fn a_startup_check_finds_flags_that_are_gone() {
    let problems = client_of("tests/it/hostile.json").check(&flags::all());
    assert_eq!(problems.len(), flags::all().len());
    assert_eq!(problems[0].to_string(), "flag 'checkoutLayout' is not in the config");
}

#[test]
fn keys_of_any_characters_stay_what_they_are() {
    let client = client_of("tests/it/hostile.json");
    let all = hostile::all();
    let keys: BTreeSet<&str> = all.iter().map(|flag| flag.key()).collect();
    assert_eq!(keys, client.get_all_keys().iter().map(String::as_str).collect());
    assert_eq!(client.check(&all), []);
}

#[test]
fn values_of_any_characters_stay_what_they_are() {
    let client = client_of("tests/it/hostile.json");
    let values = client.get_all_values(None);
    let value = |key: &str| values.get(key).cloned().unwrap();
    for flag in [
        &hostile::FLAG,
        &hostile::COMPILE_ERROR,
        &hostile::A,
        &hostile::TWO_LINES,
        &hostile::CODE_LINK_B,
        &hostile::TURNED_U202E_U2066_ROUND,
        &hostile::UFEFF_U85_U2028,
        &hostile::LONG,
    ] {
        assert_eq!(value(flag.key()), (*flag.default_value()).into());
    }
    assert_eq!(value("#[cfg(never)]"), (*hostile::CFG_NEVER.default_value()).into());
    assert_eq!(value("all"), i64::MAX.into());
    assert_eq!(*hostile::ALL.default_value(), i64::MAX);
    assert_eq!(*hostile::GR_UF6_UDF_E_U65B0_U1F680.default_value(), 1e300);
    assert!(*hostile::END.default_value() && !*hostile::FLAG_2FA_ENABLED.default_value());
    assert_eq!(hostile::ASYNC.setting_type(), SettingType::Double);
}
