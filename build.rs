//! Sets the linker flags that a Node.js addon needs; does nothing for the core alone. No release panics on demand.

fn main() {
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    if cfg!(feature = "inject-panics") && is_release {
        println!("cargo::error=the feature inject-panics is for tests, and is in no release");
    }
    #[cfg(feature = "binding")]
    napi_build::setup();
    // Apple's linker would name the library by its path in the builder's home.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("macos") {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-install_name,@rpath/ironkeep.node");
    }
}
