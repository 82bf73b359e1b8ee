//! Steps over the crates as cargo would publish them.

use std::process::Command;

use anyhow::{Result, ensure};

use super::{Bench, LeftOut};
use crate::process::{cargo, check, root};
use crate::setup;

/// The published crates.
const PACKAGES: [&str; 3] = ["fenchel-core", "fenchel-c", "fenchel"];

/// Files that each contains beside its code.
const FILES: [&str; 4] = ["Cargo.toml", "README.md", "LICENSE-APACHE", "LICENSE-MIT"];

/// The packages, unpacked, have their files and compile without the rest of this repository.
///
/// cargo's own check would compile every dependency once more; here they are those of the lints.
pub fn package(bench: &Bench) -> Result<()> {
    let pack = ["package", "--quiet", "--no-verify", "--allow-dirty", "--offline"];
    check(cargo(&pack).args(PACKAGES.iter().flat_map(|package| ["--package", package])))?;
    let folder = bench.folder.join("packages");
    std::fs::create_dir_all(&folder)?;
    let mut workspace = "[workspace]\nresolver = \"3\"\nmembers = [\"*\"]\n\n[patch.crates-io]\n".to_string();
    for package in PACKAGES {
        let name = format!("{package}-{}", env!("CARGO_PKG_VERSION"));
        let file = root().join("target/package").join(format!("{name}.crate"));
        check(Command::new("tar").arg("-xzf").arg(&file).arg("-C").arg(&folder))?;
        for wanted in FILES {
            let size = std::fs::metadata(folder.join(&name).join(wanted)).map_or(0, |file| file.len());
            ensure!(size > 0, "{name}: {wanted} is missing or empty");
        }
        workspace += &format!("{package} = {{ path = \"{name}\" }}\n");
    }
    std::fs::write(folder.join("Cargo.toml"), workspace)?;
    std::fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock"))?;
    let compile = ["check", "--quiet", "--offline", "--workspace", "--lib", "--bins", "--examples"];
    check(cargo(&compile).current_dir(&folder).env("CARGO_TARGET_DIR", root().join("target")))
}

/// The published crates compile by the Rust version that they declare.
pub fn minimum_rust(_: &Bench) -> Result<()> {
    let version = env!("CARGO_PKG_RUST_VERSION");
    if !setup::rust(version) {
        // Declared, it also holds our calls of the standard library, by clippy's incompatible_msrv.
        return Err(LeftOut(format!("Rust {version}")).into());
    }
    let compile = ["run", version, "cargo", "check", "--quiet", "--locked", "--lib", "--bins"];
    check(
        Command::new("rustup")
            .args(compile)
            .args(PACKAGES.iter().flat_map(|package| ["--package", package]))
            .current_dir(root())
            .env("CARGO_TARGET_DIR", root().join("target/msrv")),
    )
}

#[cfg(test)]
mod tests {
    use crate::process::{cargo, output};

    #[test]
    fn no_dependency_needs_a_newer_rust_than_the_declared_one() {
        let metadata = output(&mut cargo(&["metadata", "--format-version", "1", "--locked", "--offline"]));
        let metadata: serde_json::Value = serde_json::from_str(&metadata.expect("metadata")).expect("JSON");
        let version =
            |text: &str| text.split('.').map(|part| part.parse().unwrap_or(0)).collect::<Vec<u32>>();
        let own = version(env!("CARGO_PKG_RUST_VERSION"));
        let packages = metadata["packages"].as_array().expect("packages");
        assert!(packages.len() > 100, "{} packages", packages.len());
        for package in packages {
            let needs = version(package["rust_version"].as_str().unwrap_or("1"));
            assert!(needs.iter().take(2).le(own.iter().take(2)), "{} needs Rust {needs:?}", package["name"]);
        }
    }
}
