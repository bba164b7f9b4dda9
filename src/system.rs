//! What the operating system has beyond the standard library: pipes with names, limits, job control and
//! terminals.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{
    FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;

use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::process::{self, Resource, Rlimit};
use rustix::termios::{self, LocalModes, OptionalActions, SpecialCodeIndex, Termios};
use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::{Handle, Signals};
use signal_hook::{flag, low_level};

/// How an output file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutputMode {
    /// Emptied.
    Create,
    /// Emptied, and readable by its owner alone.
    CreatePrivate,
    /// Kept and added to.
    Append,
}

/// Opens a file to write. A pipe with a name is opened without waiting for its reader.
///
/// # Errors
/// The file cannot be opened, or is a pipe that nobody reads.
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
        if metadata.mode() & 0o077 != 0 && !path.starts_with("/dev") {
            let _ = file.set_permissions(Permissions::from_mode(PRIVATE));
        }
        file.set_len(0)?;
    }
    Ok(file)
}

/// Makes a write beyond the limit of a file's size fail instead of ending the process.
pub(crate) fn survive_file_size_limit() {
    // Where no handler can be installed, the signal ends the process as it ends any other.
    let _ = flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
}

/// Raises the limit of open descriptors to `needed` where it is lower.
///
/// # Errors
/// The highest limit that the system allows, where that is not enough.
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

/// Whether somebody could continue this process if it stopped: it is neither process 1 nor in an orphaned
/// process group, which is one that no shell looks after.
pub(crate) fn can_be_stopped() -> bool {
    if process::getpid().is_init() {
        return false;
    }
    // Who cannot be asked about may be a shell's child.
    let Ok(own) = ProcessIds::of("self") else {
        return true;
    };
    let mut parent = own.parent;
    while parent != 0 {
        match ProcessIds::of(&parent.to_string()) {
            Ok(ids) if ids.session != own.session => return false,
            Ok(ids) if ids.group == own.group => parent = ids.parent,
            _ => return true,
        }
    }
    false
}

/// Where a process belongs, by the numbers of /proc: 0 is what is outside of its namespace, as the session
/// of what was started from outside of a container.
struct ProcessIds {
    parent: u32,
    group: u32,
    session: u32,
}

impl ProcessIds {
    fn of(process: &str) -> io::Result<Self> {
        let status = fs::read_to_string(format!("/proc/{process}/stat"))?;
        // The name before the state is in parentheses and may contain any character.
        let (_, fields) = status.rsplit_once(") ").unwrap_or_default();
        let mut numbers = fields.split(' ').skip(1).map(str::parse);
        match [numbers.next(), numbers.next(), numbers.next()] {
            [Some(Ok(parent)), Some(Ok(group)), Some(Ok(session))] => Ok(Self {
                parent,
                group,
                session,
            }),
            _ => Err(ErrorKind::InvalidData.into()),
        }
    }
}

/// Whether a signal that was caught for a hidden terminal ends the process as if it were not.
static ENDS_BY_DEFAULT: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Takes over the signals that were caught for a hidden terminal: they end the process no more.
pub(crate) fn take_over_signals() {
    ENDS_BY_DEFAULT.store(false, Ordering::SeqCst);
}

/// Stdin as a terminal that neither shows what is typed nor makes signals of keys. Dropping it restores
/// the terminal, and so does a signal that ends the process.
pub(crate) struct HiddenTerminal {
    before: Termios,
    signals: Handle,
}

impl HiddenTerminal {
    /// Changes the terminal that stdin is.
    ///
    /// # Errors
    /// Its settings cannot be changed, or no thread can be started.
    pub(crate) fn new() -> io::Result<Self> {
        let stdin = io::stdin();
        let before = termios::tcgetattr(&stdin)?;
        let signals = restore_at_end(before.clone())?;
        let mut hidden = before.clone();
        hidden.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        hidden.special_codes[SpecialCodeIndex::VMIN] = 1;
        hidden.special_codes[SpecialCodeIndex::VTIME] = 0;
        termios::tcsetattr(&stdin, OptionalActions::Flush, &hidden)?;
        Ok(Self { before, signals })
    }
}

impl Drop for HiddenTerminal {
    fn drop(&mut self) {
        restore(&self.before);
        ENDS_BY_DEFAULT.store(true, Ordering::SeqCst);
        self.signals.close();
    }
}

/// Restores the terminal that stdin is, and ends the line whose end it did not show.
fn restore(before: &Termios) {
    // There is nothing else to restore it with.
    let _ = termios::tcsetattr(io::stdin(), OptionalActions::Drain, before);
    let _ = writeln!(io::stderr());
}

/// Restores the terminal before a signal ends the process.
fn restore_at_end(before: Termios) -> io::Result<Handle> {
    const ENDS: [i32; 2] = [SIGINT, SIGTERM];
    let mut signals = Signals::new(ENDS)?;
    take_over_signals();
    for signal in ENDS {
        flag::register_conditional_default(signal, Arc::clone(&ENDS_BY_DEFAULT))?;
    }
    let handle = signals.handle();
    thread::Builder::new()
        .name("terminal".into())
        .spawn(move || {
            if let Some(signal) = signals.forever().next() {
                restore(&before);
                let _ = low_level::emulate_default_handler(signal);
            }
        })?;
    Ok(handle)
}

/// Ends the process as Ctrl-C does.
pub(crate) fn interrupt() {
    let _ = low_level::emulate_default_handler(SIGINT);
}
