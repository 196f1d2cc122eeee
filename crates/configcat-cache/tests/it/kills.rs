//! Writers of the file cache that are killed, again and again, while others write and read.

use std::{
    env,
    fs::File,
    path::Path,
    time::{Duration, Instant, SystemTime},
};

use configcat_cache::{ConfigCache, FileCache};

use crate::{
    FILE, KEY, names,
    processes::{Worker, assert_whole, start, value},
};

/// Variable with the number of writers to kill; 50 if it is not set.
const ROUNDS: &str = "CONFIGCAT_KILL_ROUNDS";

/// Number of kills after which the leftovers are checked, and made old.
const BATCH: u32 = 50;

/// At a random moment one of three writers is killed and another one started. Meanwhile two more
/// processes, all writers and the test itself read. Whatever they find must be one of the values
/// that are written, whole.
#[test]
fn killed_writers_never_leave_partial_values() {
    let rounds = env::var(ROUNDS).map_or(50, |rounds| rounds.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let cache = FileCache::new(folder.path());
    cache.write(KEY, &value('a')).unwrap();
    let mut random = Random(1);
    let (mut done, mut reads, mut leftovers) = (0, 0, 0);
    while done < rounds {
        let batch = BATCH.min(rounds - done);
        reads += kill_writers(&cache, batch, &mut random);
        leftovers += sweep(folder.path(), batch);
        done += batch;
    }
    println!(
        "{rounds} writers killed, {leftovers} of them within a write; {reads} reads of the test, all whole"
    );
    assert!(leftovers > 0, "no kill came within a write");
}

/// Kills this many writers. Returns the number of reads meanwhile.
fn kill_writers(cache: &FileCache, kills: u32, random: &mut Random) -> u32 {
    let go = |task| {
        let mut worker = start(task, cache.folder(), &[]);
        worker.go();
        worker
    };
    let mut writers = [(); 3].map(|()| go("until killed"));
    let mut readers = [(); 2].map(|()| go("read until killed"));
    let mut reads = 0;
    for _ in 0..kills {
        let moment = Instant::now() + Duration::from_micros(random.below(30_000));
        while Instant::now() < moment {
            assert_whole(cache);
            reads += 1;
        }
        let victim = &mut writers[usize::try_from(random.below(3)).unwrap()];
        victim.assert_running();
        victim.kill();
        assert_whole(cache);
        *victim = go("until killed");
    }
    writers.iter_mut().chain(&mut readers).for_each(Worker::assert_running);
    reads
}

/// Checks the leftovers, makes them six minutes old, and writes once more, which removes them.
/// Returns their number.
fn sweep(folder: &Path, kills: u32) -> usize {
    let leftovers: Vec<String> = names(folder).into_iter().filter(|name| name != FILE).collect();
    for name in &leftovers {
        assert!(name.starts_with(FILE) && name.ends_with(".tmp"), "{name}");
        let old = SystemTime::now() - Duration::from_secs(360);
        File::options().write(true).open(folder.join(name)).unwrap().set_modified(old).unwrap();
    }
    // Those that were not killed before are when their batch is over.
    assert!(leftovers.len() <= usize::try_from(kills).unwrap() + 3, "{leftovers:?}");
    FileCache::new(folder).write(KEY, &value('a')).unwrap();
    assert_eq!(names(folder), [FILE]);
    leftovers.len()
}

/// Random numbers, the same in each run (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}
