//! The smallest program that downloads a config and does not use it.

fn main() -> Result<(), ureq::Error> {
    let url = "https://cdn-global.configcat.com/configuration-files/configcat-sdk-1/KEY/config_v6.json";
    println!("{}", ureq::get(url).call()?.body_mut().read_to_string()?);
    Ok(())
}
