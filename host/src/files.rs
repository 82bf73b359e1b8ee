//! Files that appear whole or not at all.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};

/// Write `bytes` beside `path`, sync, and rename into place.
///
/// # Errors
/// If the folder can't be written to.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let place = || format!("writing {}", path.display());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file =
        tempfile::Builder::new().permissions(permissions()).tempfile_in(folder).with_context(place)?;
    file.write_all(bytes).with_context(place)?;
    file.as_file().sync_all().with_context(place)?;
    file.persist(path).with_context(place)?;
    Ok(())
}

/// Those of an ordinary new file, which the umask narrows.
fn permissions() -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    std::fs::Permissions::from_mode(0o666)
}
