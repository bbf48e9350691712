//! Gives the WebAssembly module a small stack: the default of 1 MiB is memory that every open panel would hold. With this one, stack and
//! constants fit into the first page of 64 KiB.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let architecture = std::env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    if architecture == "wasm32" {
        println!("cargo::rustc-link-arg-bin=panel=-zstack-size=49152");
    }
}
