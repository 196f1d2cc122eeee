//! Runs the feature files. Each scenario has a client and an API of its own.

use tokio::runtime::Builder;

use crate::{
    feature::{Scenario, matched, read},
    world::{Level, World},
};

fn run(text: &str, count: usize) {
    let scenarios = read(text).unwrap();
    assert_eq!(scenarios.len(), count, "scenarios");
    let failures: Vec<String> = scenarios.iter().filter_map(|scenario| failure(scenario).err()).collect();
    assert!(failures.is_empty(), "{} of {count} failed\n{}", failures.len(), failures.join("\n"));
}

fn failure(scenario: &Scenario) -> Result<(), String> {
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut world = World::new();
        for step in &scenario.steps {
            let done = take(&mut world, step).await;
            done.map_err(|cause| format!("{}\n  {step}: {cause}", scenario.name))?;
        }
        Ok(())
    })
}

async fn take(world: &mut World, step: &str) -> Result<(), String> {
    if let Some([state]) = matched(step, "a provider that is {}") {
        world.provide(state)
    } else if let Some([key]) = matched(step, "the targeting key is \"{}\"") {
        world.set_targeting_key(key);
        Ok(())
    } else if let Some([kind, name, value]) = matched(step, "the context has the {} \"{}\" of {}") {
        world.set_field(Level::Invocation, name, kind, value)
    } else if let Some([level, name, value]) = matched(step, "the {} context has \"{}\" of {}") {
        world.set_field(level.parse()?, name, "string", value)
    } else if let Some([kind, key]) = matched(step, "the {} flag \"{}\" is evaluated") {
        world.evaluate(kind, key).await
    } else {
        check(world, step)
    }
}

fn check(world: &World, step: &str) -> Result<(), String> {
    if let Some([value]) = matched(step, "the value is {}") {
        equal(
            &world.details()?.value,
            &value.parse::<serde_json::Value>().map_err(|error| error.to_string())?,
        )
    } else if let Some([variant]) = matched(step, "the variant is \"{}\"") {
        equal(&world.details()?.variant.as_deref(), &Some(variant))
    } else if let Some([reason]) = matched(step, "the reason is {}") {
        equal(&world.details()?.reason.as_deref(), &Some(reason))
    } else if let Some([key]) = matched(step, "the flag key is \"{}\"") {
        equal(&world.details()?.key.as_str(), &key)
    } else if let Some([]) = matched(step, "there is no metadata") {
        equal(&world.details()?.metadata.len(), &0)
    } else if let Some([name, value]) = matched(step, "the metadata has \"{}\" of {}") {
        equal(&world.details()?.metadata.get(name).map(String::as_str), &Some(value))
    } else if let Some([code]) = matched(step, "the error is {}") {
        equal(&world.error()?.code.to_string().as_str(), &code)
    } else if let Some([part]) = matched(step, "the error message contains \"{}\"") {
        let message = world.error()?.message.unwrap_or_default();
        message.contains(part).then_some(()).ok_or(message)
    } else if let Some([reason]) = matched(step, "the reason that hooks see is {}") {
        equal(&world.reason_that_hooks_see().as_deref(), &Some(reason))
    } else if let Some([status]) = matched(step, "the status is {}") {
        equal(&world.status()?, &status)
    } else if let Some([name, value]) = matched(step, "the user has \"{}\" of \"{}\"") {
        equal(&world.user_attribute(name).as_deref(), &Some(value))
    } else {
        Err("there is no such step".to_owned())
    }
}

fn equal<T: PartialEq + std::fmt::Debug>(found: &T, expected: &T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("it is {found:?}")) }
}

#[test]
fn flags_are_evaluated_as_the_specification_says() {
    run(include_str!("scenarios/evaluation.feature"), 60);
}

#[test]
fn contexts_are_merged_as_the_specification_says() {
    run(include_str!("scenarios/context_merging.feature"), 8);
}

#[test]
fn a_scenario_that_is_not_so_fails() {
    let text = "Scenario: s\nGiven a provider that is ready\nWhen the boolean flag \"boolean-flag\" is evaluated\nThen ";
    for (step, cause) in [
        ("the value is false", "it is Bool(true)"),
        ("the variant is \"off\"", "it is Some(\"on\")"),
        ("the reason is DEFAULT", "it is Some(\"STATIC\")"),
        ("the error is FLAG_NOT_FOUND", "there is no error"),
        ("the status is STALE", "it is \"READY\""),
        ("the user has \"a\" of \"b\"", "it is None"),
        ("all is well", "there is no such step"),
    ] {
        let scenarios = read(&format!("{text}{step}")).unwrap();
        let failure = failure(&scenarios[0]).unwrap_err();
        assert!(failure.ends_with(cause), "{failure}");
    }
}
