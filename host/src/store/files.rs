//! Files that appear whole or not at all.

use std::fs::File;
use std::io::{ErrorKind, Write};
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

/// The bytes of a file; a pipe, which could have none for ever, or a folder is refused.
///
/// # Errors
/// If it isn't there, is something else, or can't be read.
pub fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    if !path.metadata()?.is_file() {
        return Err(std::io::Error::new(ErrorKind::InvalidInput, "something that isn't a file"));
    }
    std::fs::read(path)
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

/// The folder that `path` is in.
pub fn parent(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// How the name of `path` begins until it is whole.
pub fn unfinished(path: &Path) -> String {
    /// Of the longest name that a file system takes.
    const MOST: usize = 60;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    format!(".{}.tmp", name.chars().take(MOST).collect::<String>())
}

/// Whether a name is that of a file or folder which a killed process left unfinished.
pub fn is_leftover(name: &str) -> bool {
    let random = |end: &str| end.len() == 6 && end.chars().all(|c| c.is_ascii_alphanumeric());
    name.starts_with('.') && name.rsplit_once(".tmp").is_some_and(|(_, end)| random(end))
}

/// Have the names in `folder` on the disk, where the file system can.
pub fn sync_folder(folder: &Path) {
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

/// Those of an ordinary new file or folder, which the umask narrows.
pub fn permissions(mode: u32) -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    std::fs::Permissions::from_mode(mode)
}
