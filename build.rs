//! Sets the linker flags that a Node.js addon needs; does nothing for the core alone.

fn main() {
    #[cfg(feature = "binding")]
    napi_build::setup();
    // Apple's linker would name the library by its path in the builder's home.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("macos") {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-install_name,@rpath/ironkeep.node");
    }
}
