//! Files that appear whole or not at all.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};

use crate::BadInput;
use crate::error::require;

/// Write `bytes` beside `path`, sync, and rename into place: that of the file which a link points at. What is
/// no file, such as a pipe, is written to as it is.
///
/// # Errors
/// [`crate::BadInput`] if it is a folder or in none, or an error of the file system.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let place = || format!("writing {}", path.display());
    if let Ok(found) = path.metadata() {
        require!(!found.is_dir(), path.display(), "a file to write", "a folder");
        if !found.is_file() {
            return std::fs::write(path, bytes).with_context(place);
        }
    }
    let link = path.is_symlink().then(|| path.canonicalize()).transpose().with_context(place)?;
    let path = link.as_deref().unwrap_or(path);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let nowhere = format!("no folder {}", folder.display());
    require!(folder.is_dir(), path.display(), "a file in a folder that is there", nowhere);
    let mut file =
        tempfile::Builder::new().permissions(permissions()).tempfile_in(folder).with_context(place)?;
    file.write_all(bytes).with_context(place)?;
    file.as_file().sync_all().with_context(place)?;
    file.persist(path).with_context(place)?;
    Ok(())
}

/// Make the folder `path`, and those above it, unless it is there.
///
/// # Errors
/// [`crate::BadInput`] if a file is in the way, or an error of the file system.
pub fn make_folder(path: &Path) -> Result<()> {
    if let Some(file) = path.ancestors().find(|part| part.exists()).filter(|part| !part.is_dir()) {
        return Err(BadInput::new(path.display(), "a folder", format!("the file {}", file.display())).into());
    }
    std::fs::create_dir_all(path).with_context(|| format!("making {}", path.display()))
}

/// Those of an ordinary new file, which the umask narrows.
fn permissions() -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    std::fs::Permissions::from_mode(0o666)
}
