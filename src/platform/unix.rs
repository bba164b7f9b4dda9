//! Unix: file modes, pipes with names, limits, signals, job control, terminals and its shells.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io::{self, BufRead, ErrorKind, Write as _};
use std::os::unix::fs::{
    DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _,
    PermissionsExt as _,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::process::{self, Resource, Rlimit};
use rustix::termios::{self, LocalModes, OptionalActions, SpecialCodeIndex, Termios};
use rustix::time::{ClockId, clock_gettime};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGUSR1, SIGWINCH, SIGXFSZ};
use signal_hook::iterator::Signals;
use signal_hook::{flag, low_level};
use url::Url;

use super::{OutputMode, SystemEvent};
use crate::outcome::{Signal, Verdict};
use crate::text::{is_hidden, printable};

/// The variable that names the home directory.
pub(crate) const HOME: &str = "HOME";

/// The signals that are passed on.
const SIGNALS: &[(i32, SystemEvent)] = &[
    (SIGINT, SystemEvent::End(Signal::Interrupt)),
    (SIGTERM, SystemEvent::End(Signal::Terminate)),
    (SIGHUP, SystemEvent::End(Signal::Hangup)),
    (SIGUSR1, SystemEvent::StatusAsked),
    #[cfg(any(target_os = "macos", target_os = "freebsd", target_os = "netbsd"))]
    (signal_hook::consts::SIGINFO, SystemEvent::StatusAsked),
    (SIGTSTP, SystemEvent::Suspended),
    (SIGCONT, SystemEvent::Resumed),
    (SIGWINCH, SystemEvent::Resized),
];

// macOS has no BOOTTIME; its monotonic clock counts time asleep already.
#[cfg(any(target_os = "linux", target_os = "android"))]
const CLOCK: ClockId = ClockId::Boottime;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const CLOCK: ClockId = ClockId::Monotonic;

/// The folder of configurations.
pub(crate) fn config_folder(environment: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    base_folder(environment, "XDG_CONFIG_HOME", ".config")
}

/// The folder of what is remembered from one run to the next.
pub(crate) fn state_folder(environment: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    base_folder(environment, "XDG_STATE_HOME", ".local/state")
}

/// The folder that a variable names, else the one in the home directory.
fn base_folder(
    environment: &dyn Fn(&str) -> Option<String>,
    variable: &str,
    default: &str,
) -> Option<PathBuf> {
    let folder = environment(variable).map(PathBuf::from);
    // A relative one does not count, as the specification has it.
    let folder = folder.filter(|folder| folder.is_absolute());
    folder.or_else(|| Some(PathBuf::from(environment(HOME)?).join(default)))
}

/// Makes a folder, and those above it, that nobody but its owner can read.
pub(crate) fn create_private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// The proxy that the settings of the system name for `endpoint`: those are the variables of the environment.
pub(crate) fn system_proxy(_endpoint: &Url) -> Option<Url> {
    None
}

/// A reading of the clock that cannot be set and counts time suspended.
pub(crate) fn uptime() -> Duration {
    let time = clock_gettime(CLOCK);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Whether a path is that of a device, which several may write to.
pub(crate) fn is_device(path: &Path) -> bool {
    path.starts_with("/dev")
}

/// The rights to a file that others than its owner have, as the bits of its mode.
pub(crate) fn rights_of_others(file: &Metadata) -> u32 {
    file.mode() & 0o077
}

/// Opens a file to write. A pipe with a name that nobody reads is an error.
pub(crate) fn open_output(path: &Path, mode: OutputMode) -> io::Result<File> {
    const PRIVATE: u32 = 0o600;
    let mut options = OpenOptions::new();
    options.create(true).write(true);
    match mode {
        OutputMode::Create => options.truncate(true),
        OutputMode::Append => options.append(true),
        // Emptied once nobody else can read it.
        OutputMode::CreatePrivate => options.truncate(false).mode(PRIVATE),
    };
    if fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo()) {
        options.custom_flags(OFlags::NONBLOCK.bits().cast_signed());
    }
    let file = options.open(path).map_err(|error| {
        if error.raw_os_error() == Some(Errno::NXIO.raw_os_error()) {
            io::Error::new(ErrorKind::NotConnected, "nobody reads this pipe")
        } else {
            error
        }
    })?;
    let metadata = file.metadata()?;
    if mode == OutputMode::CreatePrivate && metadata.is_file() {
        // The mode is for a new file, and this one may have been there. Where the system does not
        // let it be changed, it is as its folder is.
        if rights_of_others(&metadata) != 0 && !is_device(path) {
            let _ = file.set_permissions(Permissions::from_mode(PRIVATE));
        }
        file.set_len(0)?;
    }
    Ok(file)
}

/// Prepares the process: makes a write beyond the limit of a file's size fail instead of ending it.
pub(crate) fn prepare() {
    // Where no handler can be installed, the signal ends the process as it ends any other.
    let _ = flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
}

/// Raises the limit of open descriptors to `needed`; the error is the highest that the system allows.
pub(crate) fn allow_descriptors(needed: u64) -> Result<(), u64> {
    let limit = process::getrlimit(Resource::Nofile);
    let Some(current) = limit.current.filter(|current| *current < needed) else {
        return Ok(());
    };
    let allowed = limit.maximum.map_or(needed, |most| most.min(needed));
    let raised = Rlimit {
        current: Some(allowed),
        ..limit
    };
    match process::setrlimit(Resource::Nofile, raised) {
        Ok(()) if allowed == needed => Ok(()),
        Ok(()) => Err(allowed),
        Err(_) => Err(current),
    }
}

/// Passes the signals that come from now on to `take`, from a thread of its own, for as long as that returns
/// true. The first one that ends the watch ends it with its report; a second one ends the process at once,
/// even where the report itself is held up.
pub(crate) fn forward_signals(
    take: impl Fn(SystemEvent) -> bool + Send + 'static,
) -> io::Result<()> {
    let mut passed = SIGNALS.to_vec();
    // Under nohup a watch outlives its terminal.
    passed.retain(|(number, _)| *number != SIGHUP || !ignores_hangup());
    // Before the flags: a signal that only set one would be lost.
    let mut signals = Signals::new(passed.iter().map(|(number, _)| number))?;
    SIGNALS_ARE_TAKEN.store(true, Ordering::SeqCst);
    let interrupted = Arc::new(AtomicBool::new(false));
    for (number, event) in passed {
        if let SystemEvent::End(signal) = event {
            let code = Verdict::Interrupted(signal).code();
            // In this order: the handler of the first signal finds the flag unset, then sets it.
            flag::register_conditional_shutdown(number, code.into(), Arc::clone(&interrupted))?;
            flag::register(number, Arc::clone(&interrupted))?;
        }
    }
    let event = |number| SIGNALS.iter().find(|(known, _)| *known == number);
    thread::Builder::new()
        .name("signals".into())
        .spawn(move || {
            let mut events = signals.forever().filter_map(event);
            events.all(|(_, event)| take(*event))
        })?;
    Ok(())
}

/// Whether SIGHUP was ignored when the process began. Only Linux tells without unsafe code.
fn ignores_hangup() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & (1 << (SIGHUP - 1)) != 0)
}

/// Whether somebody could continue this process if it stopped: a shell, which leads the session and gives each
/// job a process group of its own. Where the system does not tell, there may be one.
pub(crate) fn can_be_stopped() -> bool {
    let Ok(status) = fs::read_to_string("/proc/self/stat") else {
        return true;
    };
    // The name before the state is in parentheses and may contain any character.
    let (_, fields) = status.rsplit_once(") ").unwrap_or_default();
    let mut group_and_session = fields.split(' ').skip(2);
    group_and_session.next() != group_and_session.next()
}

/// Stops the process as Ctrl-Z does, until it is continued.
pub(crate) fn stop() {
    // Where that fails the watch just goes on.
    let _ = low_level::emulate_default_handler(SIGTSTP);
}

/// Whether the watch takes the signals: until then one ends the process once the terminal is restored.
static SIGNALS_ARE_TAKEN: AtomicBool = AtomicBool::new(false);

/// The settings to which the terminal that stdin is goes back when this is dropped.
pub(crate) struct HiddenTerminal(Termios);

/// Has the terminal that stdin is neither show what is typed nor make signals of keys. Dropping the result
/// restores it, and so does a signal that ends the process.
pub(crate) fn hide_terminal() -> io::Result<HiddenTerminal> {
    let stdin = io::stdin();
    let before = termios::tcgetattr(&stdin)?;
    let mut hidden = before.clone();
    hidden.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
    hidden.special_codes[SpecialCodeIndex::VMIN] = 1;
    hidden.special_codes[SpecialCodeIndex::VTIME] = 0;
    let at_end = HiddenTerminal(before.clone());
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    thread::Builder::new()
        .name("terminal".into())
        .spawn(move || {
            let is_ours = |_: &i32| !SIGNALS_ARE_TAKEN.load(Ordering::SeqCst);
            if let Some(signal) = signals.forever().find(is_ours) {
                drop(at_end);
                let _ = low_level::emulate_default_handler(signal);
            }
        })?;
    termios::tcsetattr(&stdin, OptionalActions::Flush, &hidden)?;
    Ok(HiddenTerminal(before))
}

impl Drop for HiddenTerminal {
    /// Restores the terminal, and ends the line whose end it did not show.
    fn drop(&mut self) {
        // There is nothing else to restore it with.
        let _ = termios::tcsetattr(io::stdin(), OptionalActions::Drain, &self.0);
        let _ = writeln!(io::stderr());
    }
}

/// Ends the process as Ctrl-C does.
pub(crate) fn interrupt() {
    let _ = low_level::emulate_default_handler(SIGINT);
}

/// A line of at most `size` bytes that is typed at the hidden terminal; none where Ctrl-C is.
pub(crate) fn typed_line(size: u64) -> io::Result<Option<Vec<u8>>> {
    edited_line(io::stdin().lock(), size)
}

/// The line that `keys` make; none where one is Ctrl-C.
fn edited_line(keys: impl BufRead, size: u64) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    for key in keys.bytes() {
        match key? {
            // Ctrl-C.
            0x03 => return Ok(None),
            b'\r' | b'\n' | 0x04 => break,
            // Backspace: the character, with all of its bytes.
            0x08 | 0x7f => while line.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {},
            // Ctrl-U.
            0x15 => line.clear(),
            key if (line.len() as u64) < size => line.push(key),
            _ => {}
        }
    }
    Ok(Some(line))
}

/// Whether a terminal cannot draw, by its name in `TERM`.
pub(crate) fn is_dumb(term: Option<&str>) -> bool {
    term.is_none_or(|term| term == "dumb")
}

/// A word as a shell reads it back, on one line and printable.
pub(crate) fn shell_quote(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    if printable(word) == word || word.trim_matches(' ').is_empty() {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let escaped = word.chars().map(|c| match c {
        '\'' | '\\' => format!("\\{c}"),
        // It may begin the mark of a command.
        '#' => r"\x23".to_owned(),
        _ if c.is_ascii_control() => format!("\\x{:02x}", u32::from(c)),
        _ if c.is_control() || is_hidden(c) => format!("\\U{:08x}", u32::from(c)),
        _ => c.to_string(),
    });
    format!("$'{}'", escaped.collect::<String>())
}

/// The line of a shell that runs `line` with a variable of the environment.
#[cfg(feature = "demo")]
pub(crate) fn with_variable(variable: &str, value: &str, line: &str) -> String {
    format!("{variable}={} {line}", shell_quote(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_edited_as_it_is_typed() {
        for (keys, line) in [
            ("abc\rd", Some("abc")),
            ("abx\u{7f}c\n", Some("abc")),
            ("a密\u{8}b\r", Some("ab")),
            ("\u{7f}wrong\u{15}right\u{4}", Some("right")),
            ("ab\u{3}", None),
        ] {
            let typed = edited_line(keys.as_bytes(), 100).expect("read");
            assert_eq!(typed.as_deref(), line.map(str::as_bytes), "{keys:?}");
        }
        let typed = edited_line(&b"abcdef\r"[..], 3).expect("read");
        assert_eq!(typed.as_deref(), Some(&b"abc"[..]));
    }

    #[test]
    fn a_quoted_word_is_one_printable_line() {
        for (word, quoted) in [
            ("a-b.c/d", "a-b.c/d"),
            ("", "''"),
            (" ", "' '"),
            ("it's", r"'it'\''s'"),
            ("a\n::error::b", r"$'a\x0a::error::b'"),
            ("it's\u{1b}[m\u{200b}\\", r"$'it\'s\x1b[m\U0000200b\\'"),
            ("##vso[a]", r"$'\x23\x23vso[a]'"),
        ] {
            assert_eq!(shell_quote(word), quoted);
        }
    }
}
