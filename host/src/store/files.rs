//! Writes files that appear whole or not at all.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::Path;

use anyhow::{Context, Result};

use crate::BadInput;
use crate::error::require;

/// Writes `bytes` beside `path`, syncs them, and renames them into place; a link is followed to its file.
/// What is no file, such as a pipe, is written to directly.
///
/// # Errors
/// Returns [`crate::BadInput`] if it is a folder or in none, and errors of the file system.
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
    let folder = parent(path);
    let nowhere = format!("no folder {}", folder.display());
    require!(folder.is_dir(), path.display(), "a file in a folder that is there", nowhere);
    let mut file = tempfile::Builder::new()
        .prefix(&unfinished(path))
        .permissions(permissions(0o666))
        .tempfile_in(folder)
        .with_context(place)?;
    file.write_all(bytes).with_context(place)?;
    file.as_file().sync_all().with_context(place)?;
    file.persist(path).with_context(place)?;
    sync_folder(folder);
    Ok(())
}

/// Reads the bytes of a file. A folder is refused, and so is a pipe, which might never deliver any.
///
/// # Errors
/// Fails if it isn't there, is something else, or can't be read.
pub fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    if !path.metadata()?.is_file() {
        return Err(std::io::Error::new(ErrorKind::InvalidInput, "something that isn't a file"));
    }
    std::fs::read(path)
}

/// Makes the folder `path`, and those above it, unless it is there.
///
/// # Errors
/// Returns [`crate::BadInput`] if a file is in the way, and errors of the file system.
pub fn make_folder(path: &Path) -> Result<()> {
    if let Some(file) = path.ancestors().find(|part| part.exists()).filter(|part| !part.is_dir()) {
        return Err(BadInput::new(path.display(), "a folder", format!("the file {}", file.display())).into());
    }
    std::fs::create_dir_all(path).with_context(|| format!("making {}", path.display()))
}

/// Returns the folder that contains `path`.
pub fn parent(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Returns the beginning of the name that `path` has until it is complete.
pub fn unfinished(path: &Path) -> String {
    /// Most characters of a name that are kept: at most 240 bytes, so that file systems take the longer
    /// name too.
    const MOST: usize = 60;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    format!(".{}.tmp", name.chars().take(MOST).collect::<String>())
}

/// Returns whether a name is that of a file or folder which a killed process left unfinished.
pub fn is_leftover(name: &str) -> bool {
    let random = |end: &str| end.len() == 6 && end.chars().all(|c| c.is_ascii_alphanumeric());
    name.starts_with('.') && name.rsplit_once(".tmp").is_some_and(|(_, end)| random(end))
}

/// Syncs the names in `folder` to the disk, where the file system can.
pub fn sync_folder(folder: &Path) {
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

/// Returns the permissions of an ordinary new file or folder, which the umask restricts.
pub fn permissions(mode: u32) -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    std::fs::Permissions::from_mode(mode)
}
