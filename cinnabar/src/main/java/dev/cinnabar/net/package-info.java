/// **Net: sockets and event loops.**
///
/// The question this room answers: how do bytes get from ten thousand sockets to those who understand them,
/// and back, at the cost of little more than the system calls themselves?
///
/// ```
///     listening sockets                      a loop = one thread, one Selector, its connections
///    ┌──────────┐  accepted sockets   ┌────────────────────────────────────────────────────────────────┐
///    │ Acceptor │ ── in turn ───────► │  select ─► read ─► Handler.received ─► Turn ─► write            │
///    └──────────┘        │            │              │                          │        │  not taken:   │
///                        │            │              ▼ leftover                 ▼ held   ▼  OutputQueue  │
///                        └──────────► │           kept bytes              until release(ticket)          │
///                          loop 1 …   └───────────────▲────────────────────────────────────────────────┘
///                                                     │ Inbox: tasks, pushes, resume, close from other threads
/// ```
///
/// **Words.** A *loop* is a thread that serves connections. A *turn* is one trip round the loop, and also
/// what was written in it. A *handler* is who understands a connection's bytes; a *protocol* makes handlers
/// and is told when a turn ends. *Kept* bytes were shown to a handler that could not use them yet. A *congested*
/// connection has a reader too slow for its replies; a *stalled* one is not served for that reason. A *ticket*
/// is a number that a turn's replies wait for.
///
/// **From a GET's point of view.** The selector says that a socket is readable. Its bytes are read into an
/// array that all connections of the loop share, and shown to the handler there. The handler appends its
/// answer to a buffer that all of them share as well; the loop notes that bytes 0 to 38 of it are this
/// connection's. When everybody who was ready has been served, the protocol is asked whether the turn may go
/// out ([dev.cinnabar.net.Protocol#beforeFlush]), and each connection's part is written: one `read` and one
/// `write` per request, or per batch of pipelined ones, and one `epoll_wait` for all of them. No lock was
/// taken, no object made, no thread woken.
///
/// **A crowd is served in batches.** Half of what such a call costs is the way into the kernel and back. When
/// a loop has eight connections, it asks for a *ring* ([dev.cinnabar.uring]), where the machine has any; from
/// then on it receives from up to 64 connections with one call, serves them in turn as ever, and sends what
/// all of them wrote with another. Whatever is out of the ordinary (long requests and replies, a peer that
/// does not read) goes the usual way, call by call.
///
/// **A crowd that comes one by one is waited for.** Many clients of one program send as quickly as that
/// program reads our answers. A turn that begins whenever somebody is ready serves two or three of them, and
/// pays for three system calls and cold caches each time. So where many come quickly, and most of them have
/// our answers still to read, a loop sleeps some 50 µs before it looks who is ready
/// ([dev.cinnabar.net.Lingering] says when exactly). Who asks now and then, and whoever is one of a few, is
/// never waited with.
///
/// **Why the answers wait for the end of the turn.** Two reasons. With `appendfsync always` an answer must
/// not go out before its change is on disk; the turn is then held under a ticket, the loop goes on with
/// others, and one fsync lets many turns go. And a connection that is written to several times in a turn (a
/// subscriber, a client that somebody woke) still costs one write. Held turns go out in order, and nothing
/// written later to the same connection overtakes them; other connections do not wait.
///
/// **Nobody can make it grow.** Input: a request that is not complete is kept in an array of its size; a big
/// one makes that array grow with what has come, never with what was announced, and the growth is reserved
/// from the process's [dev.cinnabar.memory.Budget]; when that refuses, the handler may swallow the request
/// instead. Output: a handler asks between two requests whether its reader still reads
/// ([dev.cinnabar.net.Connection#isCongested], 256 KiB); if not, it stops. What the peer goes on sending is
/// kept unread, up to 32 MiB, what the protocol allows and three quarters of the budget: many clients say all
/// that they have to say before they read the first answer, and requests are smaller than answers
/// (`docs/decisions/`, 77). Where they are not, as with writes, a client that has filled that much is served
/// on, and its answers take the room of its requests (83). Beyond that its socket is not read either, and so
/// the peer's own system makes it wait. What others push (pub/sub, MONITOR) cannot be stopped like that: whoever pushes has to look at
/// [dev.cinnabar.net.Connection#outputBytes] and close.
///
/// **Who owns what.** Everything of a connection belongs to its loop's thread. Other threads may `push`,
/// `close`, `resumeReading`, `execute` and `release`; they leave a note in the loop's inbox and wake it if it
/// sleeps, which it says in a flag, so that a busy loop costs them no system call. An idle connection owns no
/// buffer. Direct memory is left to the JDK, which keeps one buffer of 64 KiB per thread for copying between
/// heap and socket and frees it when the thread ends: buffers of our own in its place saved nothing that
/// could be measured, and could be freed by the collector only. A ring's memory is mapped, and unmapped when
/// the loop ends.
///
/// **What ends a connection.** The peer closes its side: what it asked before is answered first, unless it
/// waits for something (paused), for nobody is left to wait. The peer breaks off, or the handler throws, or
/// somebody calls `close`: at once, at the end of the turn. `closeAfterReply`: when all is sent. In each case
/// [dev.cinnabar.net.Handler#closed] is called once, and never inside another call of that handler.
///
/// **What this room does not do.** It knows no Redis, reads no clock and keeps no timers
/// ([dev.cinnabar.net.Protocol#beforeSleep] is where the floor above runs its own), counts no idle seconds
/// and refuses nobody; it does not speak TLS yet, for which the two methods at the end of `Connection` are
/// the place. It does not use a connection from two loops.
///
/// **Known to be poor.** A client that reads nothing before it has sent all, and whose requests and answers are
/// more than 32 MiB (of each pair, the shorter counts) and what the sockets hold, waits for ever; Redis would
/// keep all its answers, as much as they may be. Java cannot ask for an IPv6 socket without IPv4, so `::*` alone lets IPv4 in too.
/// A single reply of 100 MB is built in memory before it goes out; only its copy into the connection's queue
/// is avoided.
///
/// **Start reading** with the picture in `EventLoop`, then `Connection` with its `KeptInput`, then `Replies`
/// and `Turn`, and `Batches` and `Lingering` last.
///
/// **Sources.** D. Kegel, *The C10K problem*, 1999. S. Sanfilippo's ae.c and networking.c in Redis, whose one
/// thread also writes all answers before it sleeps. D. Schmidt, *Reactor*, 1995.
///
/// **Exercise.** `Turn` keeps pushes in a second buffer. Show with a PUBLISH inside a transaction, whose
/// client has said `CLIENT REPLY OFF`, what would be lost if they were appended to the first.
@NullMarked
package dev.cinnabar.net;

import org.jspecify.annotations.NullMarked;
