//! The program that libFuzzer drives: `SONDE_FUZZ_TARGET` names the target, everything else is libFuzzer's command line.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
#[expect(unsafe_code, reason = "libFuzzer calls a function of C")]
mod entry {
    use std::sync::LazyLock;

    use sonde_fuzz::Target;

    static TARGET: LazyLock<&'static Target> = LazyLock::new(|| {
        let name = std::env::var("SONDE_FUZZ_TARGET").unwrap_or_default();
        sonde_fuzz::target(&name).unwrap_or_else(|| panic!("SONDE_FUZZ_TARGET names no target: {name:?}"))
    });

    libfuzzer_sys::fuzz_target!(|data: &[u8]| (TARGET.run)(data));
}

#[cfg(not(fuzzing))]
fn main() -> std::process::ExitCode {
    let names: Vec<_> = sonde_fuzz::TARGETS.iter().map(|target| target.name).collect();
    eprintln!("built without coverage; run `cargo xtask fuzz`; targets: {}", names.join(", "));
    std::process::ExitCode::FAILURE
}
