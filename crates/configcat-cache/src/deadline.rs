//! Deadline of a call, and reads and writes that keep it.

use std::{
    io::{self, Read, Write},
    time::{Duration, Instant},
};

/// Largest number of bytes that [`Timed`] reads or writes between two checks of the clock.
// A slow disk needs a few milliseconds for it, and 1300 checks for the largest value cost nothing.
const STEP: usize = 64 * 1024;

/// Moment at which a call must have ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    /// Returns the deadline this long from now.
    pub(crate) fn after(limit: Duration) -> Self {
        Self(Instant::now() + limit)
    }

    /// Returns the time that is left, never zero.
    ///
    /// # Errors
    ///
    /// [`TimedOut`](io::ErrorKind::TimedOut) after the deadline.
    // Zero is an error, since sockets take a timeout of zero for no timeout.
    pub(crate) fn time_left(self) -> io::Result<Duration> {
        let left = self.0.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

/// File that is read and written in steps. No step begins after the deadline. A step itself takes
/// as long as the system lets it.
// A single read of a large file on a slow disk could take minutes, and no call of the system for
// files has a timeout.
pub(crate) struct Timed<T> {
    pub(crate) inner: T,
    pub(crate) deadline: Deadline,
}

impl<T: Read> Read for Timed<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.deadline.time_left()?;
        self.inner.read(buffer.chunks_mut(STEP).next().unwrap_or_default())
    }
}

impl<T: Write> Write for Timed<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.deadline.time_left()?;
        self.inner.write(bytes.chunks(STEP).next().unwrap_or_default())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Read, Write},
        thread,
        time::{Duration, Instant},
    };

    use super::{Deadline, Timed};

    /// File that reads and writes one byte in a millisecond.
    struct Slow;

    impl Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            thread::sleep(Duration::from_millis(1));
            io::repeat(1).take(1).read(buffer)
        }
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            thread::sleep(Duration::from_millis(1));
            Ok(bytes.len().min(1))
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn slow_io_ends_at_the_deadline() {
        let start = Instant::now();
        let mut timed = Timed { inner: Slow, deadline: Deadline::after(Duration::from_millis(50)) };
        let read = timed.read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(read.kind(), io::ErrorKind::TimedOut);
        timed.deadline = Deadline::after(Duration::from_millis(50));
        let written = timed.write_all(&[0; 1 << 20]).unwrap_err();
        assert_eq!(written.kind(), io::ErrorKind::TimedOut);
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    }

    #[test]
    fn large_reads_and_writes_are_split() {
        let mut timed = Timed { inner: Vec::new(), deadline: Deadline::after(Duration::from_secs(60)) };
        assert_eq!(timed.write(&[1; 1 << 20]).unwrap(), 1 << 16);
        timed.write_all(&[1; 1 << 20]).unwrap();
        assert_eq!(timed.inner.len(), (1 << 20) + (1 << 16));
        let mut timed = Timed { inner: &*timed.inner, deadline: timed.deadline };
        assert_eq!(timed.read(&mut [0; 1 << 20]).unwrap(), 1 << 16);
    }
}
