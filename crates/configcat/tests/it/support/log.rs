//! Log records of the process, and those of one test.

use std::{
    cell::{Cell, RefCell},
    collections::HashSet,
    rc::Rc,
    sync::{Arc, Mutex, MutexGuard, Once, PoisonError},
    thread::{self, ThreadId},
};

use log::{Level, LevelFilter, Metadata};

/// Log record.
#[derive(Clone, Debug)]
pub struct Record {
    pub level: Level,
    pub target: String,
    pub event_id: Option<u64>,
    /// Text without the id of the event.
    pub text: String,
    /// Text as a logger gets it.
    pub line: String,
    thread: ThreadId,
}

/// Log records of one test: those that certain threads write from now on.
///
/// Tests run in parallel, and there is one logger. A record belongs to a test by its thread; the
/// thread may be added any time before the records are read.
pub struct Log {
    threads: Mutex<HashSet<ThreadId>>,
    /// Number of records at the start: a thread may have run another test before.
    begin: usize,
}

impl Log {
    /// Returns the log of this thread; other threads are added when they use a
    /// [`ManualClock`](super::ManualClock).
    pub fn new() -> Arc<Self> {
        static INSTALL: Once = Once::new();
        INSTALL.call_once(|| {
            log::set_logger(&Recorder).unwrap();
            log::set_max_level(LevelFilter::Trace);
        });
        let log = Self { threads: Mutex::default(), begin: records().len() };
        log.include_this_thread();
        Arc::new(log)
    }

    pub fn include_this_thread(&self) {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).insert(thread::current().id());
    }

    /// Returns all records, whatever their target.
    pub fn records(&self) -> Vec<Record> {
        let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        let all = records();
        all[self.begin..].iter().filter(|record| threads.contains(&record.thread)).cloned().collect()
    }

    /// Asserts the ids of the SDK's records, in order, without those of evaluations and of
    /// debugging.
    #[track_caller]
    pub fn assert_events(&self, expected: &[u64]) {
        assert_eq!(self.events(), expected, "{:#?}", self.records());
    }

    /// Returns the ids of the SDK's records, in order, without those of evaluations and of
    /// debugging, which `events_of` finds.
    pub fn events(&self) -> Vec<u64> {
        let records = self.records().into_iter().filter(|record| record.level <= Level::Info);
        records.filter_map(|record| record.event_id).filter(|id| *id != 5000).collect()
    }

    /// Returns the texts of the SDK's records at level `debug`, in order.
    pub fn debug_texts(&self) -> Vec<String> {
        let records = self.records().into_iter().filter(|record| record.event_id.is_some());
        records.filter(|record| record.level == Level::Debug).map(|record| record.line).collect()
    }

    /// Returns the records of this event.
    pub fn events_of(&self, id: u64) -> Vec<Record> {
        self.records().into_iter().filter(|record| record.event_id == Some(id)).collect()
    }

    /// Asserts that the event was logged once, at this level.
    #[track_caller]
    pub fn assert_once(&self, id: u64, level: Level) -> Record {
        let mut found = self.events_of(id);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!((found[0].level, &*found[0].target), (level, "configcat"));
        found.remove(0)
    }
}

/// Runs a closure as in a process that logs warnings and errors only, so that no evaluation is
/// logged.
pub fn quietly<T>(run: impl FnOnce() -> T) -> T {
    let was_quiet = IS_QUIET.replace(true);
    let result = run();
    IS_QUIET.set(was_quiet);
    result
}

/// Makes the logger panic at each record of the SDK on this thread, as a logger does that prints to
/// a closed pipe.
pub fn let_logger_panic_on_this_thread() {
    PANICS.set(true);
}

/// Runs a closure in the logger, on this thread, at the next record of the HTTP client.
pub fn at_next_http_record(run: impl FnOnce() + 'static) {
    AT_HTTP_RECORD.set(Some(Box::new(run)));
}

/// Runs a closure in the logger, on this thread, at each question about a record of the SDK and at
/// each record, until the returned guard is dropped.
pub fn in_the_logger(run: impl Fn() + 'static) -> impl Drop {
    struct Reset;

    impl Drop for Reset {
        fn drop(&mut self) {
            let _ = IN_THE_LOGGER.take();
        }
    }

    IN_THE_LOGGER.set(Some(Rc::new(run)));
    Reset
}

fn run_in_the_logger(target: &str) {
    // This may run while the thread ends.
    let run = IN_THE_LOGGER.try_with(|run| run.borrow().clone()).ok().flatten();
    run.filter(|_| target == "configcat").into_iter().for_each(|run| run());
}

thread_local! {
    static IN_THE_LOGGER: RefCell<Option<Rc<dyn Fn()>>> = const { RefCell::new(None) };
    static AT_HTTP_RECORD: Cell<Option<Box<dyn FnOnce()>>> = const { Cell::new(None) };
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
    static PANICS: Cell<bool> = const { Cell::new(false) };
}

struct Recorder;

static RECORDS: Mutex<Vec<Record>> = Mutex::new(Vec::new());

fn records() -> MutexGuard<'static, Vec<Record>> {
    RECORDS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl log::Log for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        run_in_the_logger(metadata.target());
        !IS_QUIET.get() || metadata.level() <= Level::Warn
    }

    fn log(&self, record: &log::Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        run_in_the_logger(record.target());
        assert!(!PANICS.get() || record.target() != "configcat", "a logger that panics");
        if record.target().starts_with("ureq") {
            AT_HTTP_RECORD.take().into_iter().for_each(|run| run());
        }
        let event_id = record.key_values().get("event_id".into()).and_then(|id| id.to_u64());
        let line = record.args().to_string();
        let prefix = event_id.map(|id| format!("[{id}] ")).unwrap_or_default();
        let record = Record {
            level: record.level(),
            target: record.target().to_owned(),
            event_id,
            text: line.strip_prefix(&prefix).unwrap_or("a record without its id").to_owned(),
            line,
            thread: thread::current().id(),
        };
        records().push(record);
    }

    fn flush(&self) {}
}
