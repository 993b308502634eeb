/// **Engine: one call at a time, and everything that follows from it.**
///
/// The question this room answers: between the words of a client and the body of a command, and between the
/// change and everybody who has to hear of it: what happens, in which order?
///
/// ```
///    network session ─┐                ┌► find, arity, rights, memory, disk, MULTI           may it run now?
///    embedded call   ─┼► Engine.run ───┤► body (rooms `command` and here)                    run it
///    log replayer    ─┘   one lock     └► outbox: change log → watchers, waiters → count     tell everybody
///
///    timers ──► Engine.tick     expired keys, growing tables, holes, flushed databases: 50 µs at a time
/// ```
///
/// **Words.** A *session* is a client as the engine sees it, without its socket; the *link* is the little
/// that has to be known of the socket. A *batch* is the pipelined commands that are run under one hold of the
/// lock and see one time. A *group* is what the log wraps in MULTI and EXEC. A *ticket* is how the log says
/// "hold these replies until I have written".
///
/// **One lock.** Several loops read sockets in parallel; each takes the engine's lock for a batch, runs the
/// commands itself, and gives the lock back. So there is no hand-over between threads, and commands keep the
/// simplest of promises: one at a time.
///
/// **From a SET's point of view.** [dev.cinnabar.engine.Admission] finds the command by its name without
/// making a string of it, asks whether the number of words is right, the client logged in, memory left, the
/// disk well; `run` asks whether a transaction is being queued. Then the body. Then the outbox: the
/// [dev.cinnabar.engine.Journal] hands the command or its effect to the log, transactions that watch the key
/// are marked, the clock is read (its value is also the beginning of the next command of the batch; for many
/// quick commands in succession it is read once, see [dev.cinnabar.engine.CommandTimes]), and the call is counted.
///
/// **Errors.** The user's mistakes come as replies or as stackless exceptions and are caught in one place,
/// `runBody`, which takes back what was already written of the reply. Our own bugs, and whatever a command of
/// the application throws, are caught there too: they end the call, not the server, and are logged with the
/// place.
///
/// **Waiting** comes in two sorts. A command that may not run now (CLIENT PAUSE) makes `run` answer false:
/// nothing has happened; whoever brought it keeps its bytes, stops reading, and brings it again after
/// `Link.resume`. A command that ran and found nothing (BLPOP) says so in its call; then its words are copied
/// into [dev.cinnabar.engine.Waiters], and when one of its keys changes [dev.cinnabar.engine.WaitingCalls]
/// simply runs it again from the beginning, first come, first served (and where one key of several is enough,
/// with the key that has changed in the places of all). No half-run call is ever stored.
///
/// **How a message reaches a slow reader.** PUBLISH looks its channel up in [dev.cinnabar.engine.PubSub],
/// encodes the message once for each version of the protocol, and hands that one array to `Pushes#push` for
/// each listener:
///
/// ```
///    PUBLISH c m ─► PubSub ─► push ─┬─ the listener's own command runs ──► kept, and sent behind its answer
///                                   └─ else Link#share ─► its loop ─► socket
///                                                                  └► full: its queue, which grows …
///    OutputLimits: … up to `client-output-buffer-limit`: hard, or soft for so many seconds, and it is doomed,
///                  gets nothing more, and is closed when the command that noticed it is over
/// ```
///
/// Who cannot be sent a message for want of memory is closed as well: it would not know that it has missed
/// one, and the command that made it goes on.
///
/// A client that asks for much and reads little needs no such limit: its commands are not run while its
/// answers wait. Only what it did not ask for (messages, lines of MONITOR) cannot be held back.
///
/// **How an event finds its listeners.** A keyspace event is a message like others. The entries of the outbox
/// are told in the order in which the body made them, with what happened beside (expired, new, missed) in its
/// place among them; see `Outbox`, [dev.cinnabar.engine.DatabaseEvents] and
/// [dev.cinnabar.engine.KeyspaceNotifications]. `settings.keyspaceEvents` is 0 when nobody switched them on,
/// and that is all they cost then. What listeners do with a message is their business; nothing of all this is
/// logged.
///
/// **The change log** is an interface here, [dev.cinnabar.engine.ChangeLog]; the file behind it is
/// `persistence`'s. [dev.cinnabar.engine.LogSnapshot] makes the image that a rewrite of the log needs.
///
/// **Who owns what.** Everything here is touched under the lock, but for methods that say otherwise. Nothing
/// is static: a process may have many engines.
///
/// **What this room does not do.** It knows no socket, no file and no thread of its own.
///
/// **Start reading** with `Engine#run`, then `Admission`, `Clients`, `Journal` and `WaitingCalls`, then
/// `TransactionCommands`, then `DatabaseEvents` and `Timers`.
///
/// **Sources.** What redis-server 7.0.15 asks of a command, in which order, and what it answers (the tests in
/// `twin` ask it). That a waiting call is simply run again: Valkey's blocked.c. *Transactions* and *Redis
/// keyspace notifications* at redis.io.
///
/// **Exercise.** EXEC finds that a watched key was changed by a command of the same client, between WATCH and
/// MULTI. What is answered, and which line decides it?
@NullMarked
package dev.cinnabar.engine;

import org.jspecify.annotations.NullMarked;
