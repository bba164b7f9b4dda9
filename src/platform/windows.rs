//! Windows: access control lists, console events, the console, the registry and PowerShell.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{iter, process};

use console::{Key, Term};
use enable_ansi_support::enable_ansi_support;
use hyper_util::client::proxy::matcher::Matcher;
use url::Url;
use windows_permissions::constants::{SeObjectType, SecurityInformation};
use windows_permissions::wrappers::{GetNamedSecurityInfo, SetNamedSecurityInfo};
use windows_permissions::{LocalBox, SecurityDescriptor};

use super::{OutputMode, SystemEvent};
use crate::outcome::{Signal, Verdict};
use crate::text::printable;

/// The variable that names the home directory.
pub(crate) const HOME: &str = "USERPROFILE";

/// The folder of configurations.
pub(crate) fn config_folder(environment: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    environment("APPDATA").map(PathBuf::from)
}

/// The folder of what is remembered from one run to the next.
pub(crate) fn state_folder(environment: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    environment("LOCALAPPDATA").map(PathBuf::from)
}

/// Makes a folder, and those above it. What is below the user's own folders is private as they are.
pub(crate) fn create_private_folder(path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(path)
}

/// The proxy that the settings of the system name for `endpoint`.
pub(crate) fn system_proxy(endpoint: &Url) -> Option<Url> {
    let endpoint = endpoint.as_str().parse().ok()?;
    let proxy = Matcher::from_system().intercept(&endpoint)?;
    Url::parse(&proxy.uri().to_string()).ok()
}

/// A reading of the clock that cannot be set and counts time suspended.
pub(crate) fn uptime() -> Duration {
    /// `QueryPerformanceCounter`, which goes on while the machine sleeps.
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}

/// Whether a path is that of a device, which several may write to.
pub(crate) fn is_device(path: &Path) -> bool {
    path.as_os_str().eq_ignore_ascii_case("NUL")
}

/// The rights to a file that others than its owner have. A file has a list of rights here, and no mode.
pub(crate) fn rights_of_others(_file: &Metadata) -> u32 {
    0
}

/// Opens a file to write.
pub(crate) fn open_output(path: &Path, mode: OutputMode) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).write(true);
    match mode {
        // A device cannot be emptied.
        OutputMode::Create => options.truncate(!is_device(path)),
        OutputMode::Append => options.append(true),
        // Emptied once nobody else can read it.
        OutputMode::CreatePrivate => options.truncate(false),
    };
    let file = options.open(path)?;
    if mode == OutputMode::CreatePrivate && !is_device(path) {
        // Where the file system does not let it be changed, it is as its folder is.
        let _ = make_private(path);
        file.set_len(0)?;
    }
    Ok(file)
}

/// Leaves the owner of a file all rights to it, and nobody else any: what the folder grants is not added.
fn make_private(path: &Path) -> io::Result<()> {
    let file = SeObjectType::SE_FILE_OBJECT;
    let current = GetNamedSecurityInfo(path, file, SecurityInformation::Owner)?;
    let owner = current.owner().ok_or(ErrorKind::Unsupported)?;
    let private = format!("D:P(A;;FA;;;{owner})");
    let private: LocalBox<SecurityDescriptor> = private.parse()?;
    let kinds = SecurityInformation::Dacl | SecurityInformation::ProtectedDacl;
    SetNamedSecurityInfo(path, file, kinds, None, None, private.dacl(), None)
}

/// Prepares the process: there is nothing to prepare.
pub(crate) fn prepare() {}

/// Raises the limit of open descriptors: there is none.
pub(crate) fn allow_descriptors(_needed: u64) -> Result<(), u64> {
    Ok(())
}

/// Passes Ctrl-C and Ctrl-Break to `take` from now on, from a thread of its own. The first one ends the
/// watch with its report; a second one ends the process at once, even where the report itself is held up.
pub(crate) fn forward_signals(
    take: impl Fn(SystemEvent) -> bool + Send + 'static,
) -> io::Result<()> {
    let interrupted = AtomicBool::new(false);
    let handler = move || {
        if interrupted.swap(true, Ordering::SeqCst) {
            interrupt();
        }
        // Where nobody takes it the watch is over.
        let _ = take(SystemEvent::End(Signal::Interrupt));
    };
    ctrlc::try_set_handler(handler).map_err(io::Error::other)
}

/// Whether somebody could continue this process if it stopped: nobody stops it.
pub(crate) fn can_be_stopped() -> bool {
    false
}

/// Stops the process until it is continued, which there is not.
pub(crate) fn stop() {}

/// Ends the process as Ctrl-C does.
#[expect(
    clippy::exit,
    reason = "nothing else ends a process whose main thread is held up"
)]
pub(crate) fn interrupt() {
    process::exit(Verdict::Interrupted(Signal::Interrupt).code().into());
}

/// A standard output that is a console. Keys are read without being shown there, and nothing of it is changed.
pub(crate) fn hide_terminal() -> io::Result<Term> {
    let outputs = [Term::stderr(), Term::stdout()];
    let console = outputs.into_iter().find(Term::is_term);
    console.ok_or_else(|| io::Error::other("stdout and stderr are both redirected"))
}

/// A line of at most `size` bytes that is typed at the console. Ctrl-C ends the process.
pub(crate) fn typed_line(size: u64) -> io::Result<Option<Vec<u8>>> {
    let console = hide_terminal()?;
    let mut line = String::new();
    loop {
        match console.read_key()? {
            Key::Enter => break,
            Key::Backspace => drop(line.pop()),
            // Ctrl-U.
            Key::Escape | Key::Char('\u{15}') => line.clear(),
            Key::Char(key) if !key.is_control() && (line.len() as u64) < size => line.push(key),
            _ => {}
        }
    }
    console.write_line("")?;
    Ok(Some(line.into_bytes()))
}

/// Whether a terminal cannot draw: by its name in `TERM`, or as a console that takes no escape sequences.
pub(crate) fn is_dumb(term: Option<&str>) -> bool {
    let takes_sequences = enable_ansi_support().is_ok();
    term.map_or(!takes_sequences, |term| term == "dumb")
}

/// A word as PowerShell reads it back, on one line and printable.
pub(crate) fn shell_quote(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || r"-_./\:=+%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        quoted(word)
    }
}

/// The line of PowerShell that runs `line` with a variable of the environment.
#[cfg(feature = "demo")]
pub(crate) fn with_variable(variable: &str, value: &str, line: &str) -> String {
    format!("$env:{variable} = {}; {line}", quoted(value))
}

/// A word in the quotes of PowerShell.
fn quoted(word: &str) -> String {
    let word = match word.trim_matches(' ') {
        "" => word.into(),
        _ => printable(word),
    };
    // Typographic quotes are quotes as well.
    let is_quote = |c: char| matches!(c, '\'' | '\u{2018}'..='\u{201b}');
    let characters = word.chars();
    let doubled = characters.flat_map(|c| iter::repeat_n(c, 1 + usize::from(is_quote(c))));
    format!("'{}'", doubled.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_word_is_one_printable_line() {
        for (word, quoted) in [
            (r"C:\a-b.c/d", r"C:\a-b.c/d"),
            (r"C:\a b", r"'C:\a b'"),
            ("a,b", "'a,b'"),
            ("", "''"),
            (" ", "' '"),
            ("it's", "'it''s'"),
            ("\u{2018}$x\u{2019}", "'\u{2018}\u{2018}$x\u{2019}\u{2019}'"),
            ("a\n::error::b", "'a ::error::b'"),
        ] {
            assert_eq!(shell_quote(word), quoted);
        }
    }

    #[cfg(feature = "demo")]
    #[test]
    fn a_variable_is_set_before_the_line() {
        let line = with_variable("TOKEN", "t", "deploywatch fsd");
        assert_eq!(line, "$env:TOKEN = 't'; deploywatch fsd");
    }

    #[test]
    fn a_private_file_is_emptied_and_its_owners() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("capture");
        std::fs::write(&path, "old").expect("a file");
        make_private(&path).expect("it has rights");
        let written = open_output(&path, OutputMode::CreatePrivate).expect("it opens");
        assert_eq!(written.metadata().expect("a file").len(), 0);
        let kinds = SecurityInformation::Owner | SecurityInformation::Dacl;
        let found = GetNamedSecurityInfo(&path, SeObjectType::SE_FILE_OBJECT, kinds);
        let found = found.expect("rights");
        let rights = found.dacl().expect("a list");
        // Wine adds what the folder grants, whatever it is told.
        let mut entitled = (0..rights.len()).filter_map(|number| rights.get_ace(number)?.sid());
        assert!(entitled.any(|entitled| Some(entitled) == found.owner()));
    }

    #[test]
    fn the_nul_device_takes_any_output() {
        for mode in [
            OutputMode::Create,
            OutputMode::CreatePrivate,
            OutputMode::Append,
        ] {
            open_output(Path::new("nul"), mode).expect("it opens");
        }
    }
}
