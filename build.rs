//! Sets the linker flags that a Node.js addon needs; does nothing for the core alone.

fn main() {
    #[cfg(feature = "binding")]
    napi_build::setup();
}
