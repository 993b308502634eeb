/// **Server: the house put together.**
///
/// The question this room answers: who makes all the parts, hands them to each other, and takes them down
/// again?
///
/// ```
///    Main ── command line, log, signals, pid file          a process
///      └─ Cinnabar ── builder, execute, close              the front door, in any process
///           ├─ Config                                      what it was told
///           ├─ Engine ── Store ── Pages                    what it knows
///           ├─ AppendOnlyKeeper ── AppendOnlyLog           what it keeps, change by change
///           ├─ Saves ── RdbFile                            what it keeps, as it is now and then
///           └─ NetServer ── EventLoop ── ClientHandler     whom it talks to
/// ```
///
/// **Words.** The *front door* is [dev.cinnabar.server.Cinnabar]: all guests, our own tests among them, come
/// in through it. A *batch* is a handful of pipelined requests that are taken in together.
///
/// **From a SET's point of view.** A loop finds bytes on a socket and shows them to the connection's
/// `ClientHandler`. That takes the engine's lock, has the parser find up to sixteen complete requests, asks
/// for the memory in which their keys lie all at once (so that the cache misses overlap), and runs them one
/// by one; each writes its answer into the loop's shared buffer. At the end of the turn the loop asks the log
/// to commit: one write for everything that all clients changed in this turn. Then the answers go out, or are
/// held until the disk has the change, as `appendfsync` says.
///
/// **Timers.** The first loop asks the engine, before it sleeps, whether anything is due (`Engine.tick`), and
/// sleeps no longer than the engine says.
///
/// **Start and end.** Sockets are opened first; loops serve them once the data is loaded, or is found to be
/// large, and then answer `-LOADING`; `start()` returns when everything is there, or throws with the cause in
/// its message and leaves nothing behind. Closing ends the loops, then the log, which writes and syncs what
/// waits; then what has changed since the last save is saved, where there are save points.
///
/// **A process of its own** is `Main`: Redis's command line and log lines, exit code 0 after SIGTERM, and a
/// thread that asks the collector to run after much was deleted, so that the memory goes back. When it has
/// started it plays a [dev.cinnabar.server.Repertoire] to a second server of its own for a moment, so that
/// the JIT is done before the crowd comes.
///
/// **Who owns what.** A `ClientHandler` is its connection's and a `Batch` its loop's; what they do with the
/// engine they do under its lock. A `Cinnabar` owns the threads, ports and files that it made or opened, and
/// `close()` gives them back.
///
/// **What this room does not do.** It decides nothing about data: it only makes, connects and ends. Nothing
/// here is static, but for what is the process's own: which directories it has locked (`DirectoryLock`).
///
/// **Start reading** with `Cinnabar`, then `ClientHandler`, then `ServerProtocol`.
///
/// **Sources.** The command line, the lines of the log and the exit codes of redis-server 7.0.15, as it shows
/// them. JEP 483 and 515, for what [dev.cinnabar.server.Rehearsal] is good for; sd_notify(3), for
/// [dev.cinnabar.server.Supervisor]. Decisions: `docs/decisions/0047-the-rdb-file.md`,
/// `0055-memory-goes-back.md`, `0075-a-warm-up.md`, `0079-who-insists.md`.
///
/// **Exercise.** Two loops write to the log in the same moment. Which of them calls `write(2)`, and what does
/// the other wait for?
@NullMarked
package dev.cinnabar.server;

import org.jspecify.annotations.NullMarked;
