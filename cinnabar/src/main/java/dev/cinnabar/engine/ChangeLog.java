package dev.cinnabar.engine;

import dev.cinnabar.base.Bytes;
import org.jspecify.annotations.Nullable;

/// Where the engine reports what it changed, and asks whether the answers may go out.
///
/// ```
///   under the engine's lock          not under it, once per turn of an event loop
///   append, append, append …         commit() ── 0: flush the replies
///                                             └─ t: hold them until Durability.released(t or later)
/// ```
///
/// A log that keeps nothing is [#NONE]; so is what an implementation leaves out.
public interface ChangeLog {
    /// The log of a server that keeps nothing on disk.
    ChangeLog NONE = new ChangeLog() {
        @Override
        public void append(int db, int argc, Bytes[] argv) {}
    };

    /// Appends one executed, deterministic command. The log puts a `SELECT` in front when the database
    /// differs from the one it wrote last.
    ///
    /// Called under the engine's lock; copies what it keeps; never throws. A transaction is appended as
    /// `MULTI`, its commands and `EXEC` without giving the lock away in between.
    ///
    /// @param db   the database that the command ran in, from 0
    /// @param argc how many windows of `argv` count, at least 1
    /// @param argv the command's name and arguments, borrowed for the call
    void append(int db, int argc, Bytes[] argv);

    /// Says that something has changed that no command tells: the log is not the data set any more, and has
    /// to be made anew from that. Called under the engine's lock; never throws.
    ///
    /// @param why for the operator
    default void missed(String why) {}

    /// Makes what was appended so far, by anybody, as safe as the policy demands. Called once per turn of an
    /// event loop, before its replies go out, *not* under the engine's lock, from any thread; cheap when
    /// nothing was appended.
    ///
    /// Whoever only read may have seen what another loop has just written; therefore its replies wait as
    /// well, except while [#refusal] says that the disk fails: then the holder lets those go that tell of no
    /// change ([Engine#hasPromised]), for the others may have to wait for long.
    ///
    /// @return 0 when replies may go now, else a ticket: replies are held until a ticket as large or larger
    ///     has been released. Tickets ever grow. The release may come before this method has returned, so the
    ///     holder compares with the highest ticket released so far *after* it has noted whom it holds.
    default long commit() {
        return 0;
    }

    /// How far the log has come: an offset that grows with each [#append]. Under the engine's lock.
    default long appended() {
        return 0;
    }

    /// Up to which offset the log survives a power cut, whatever the policy. Any thread.
    default long durable() {
        return 0;
    }

    /// The largest ticket that was released. Any thread.
    default long released() {
        return 0;
    }

    /// How long the longest write to the file took since this was asked last, in nanoseconds; 0 for none. Any
    /// thread.
    default long takeLongestWrite() {
        return 0;
    }

    /// The same for the fsyncs that answers wait for, under `always`.
    default long takeLongestSync() {
        return 0;
    }

    /// Why writing commands are to be refused, as the text of an error reply without the leading `-`
    /// (`MISCONF Errors writing to the AOF file: No space left on device`), or null when they are welcome.
    /// One volatile read; asked before each writing command.
    default @Nullable String refusal() {
        return null;
    }

    /// Whether the log was lost, and the data are not what it says: then nobody may change them, not even a
    /// call that waits. It goes on waiting, for another log may come.
    default boolean forbidsChanges() {
        return false;
    }
}
