//! The panel's entry point: wasm-bindgen calls it when the module is ready.

fn main() {
    cornerdesk_widget::start();
}
