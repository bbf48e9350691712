//! A release embeds the panel's build output; cargo must look again when files appear in it, not only when they change.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // A migration that is added is compiled in, too.
    println!("cargo:rerun-if-changed=migrations");
    // In other profiles the files are read when the service starts.
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo:rerun-if-changed=../dist");
    }
}
