/// **Uring: many socket operations for the price of one system call.**
///
/// The question this room answers: a turn of an event loop reads from fifty sockets and writes to fifty, a
/// hundred system calls, and each begins and ends with a change of worlds that costs more than what it is
/// for. Must it?
///
/// ```
///        our memory, which the kernel sees as well
///    ┌────────────────────────────────────────────────────────────────────────────┐
///    │  submission queue    │ recv 11 → 0 │ recv 12 → 16K │ recv 15 → 32K │        │ ── tail: ours, head: the kernel's
///    │                                                                            │
///    │  completion queue    │ 0: 38 bytes │ 1: 38 bytes   │ 2: try again  │        │ ── tail: the kernel's, head: ours
///    │                                                                            │
///    │  memory              │ GET…        │ GET…          │               │  …     │
///    └────────────────────────────────────────────────────────────────────────────┘
///              io_uring_enter: "there are three"  ─►  done when it returns
/// ```
///
/// **Words.** An *operation* is a receive or a send of one socket. A *ring* is the pair of queues. To *submit*
/// is to have the kernel do all operations that were put in line. A *descriptor* is the small number by which
/// the kernel knows a socket.
///
/// **How it works.** Sockets do not block, so an operation that cannot go on fails at once with "try again",
/// exactly as `recv` and `send` do; nothing is under way when [dev.cinnabar.uring.Ring#submit] returns. A
/// ring is therefore no other way to wait, and no other architecture: the loop still asks a selector who is
/// ready. It is a way to say a hundred things in one breath.
///
/// **No C.** The four functions that are needed (`mmap`, `munmap`, `close`, `syscall`) are called through
/// `java.lang.foreign`, which is final since JDK 22. This project's classes are Java 17's, so that package is
/// reached by reflection, once, in `SystemCalls`; what is called later are method handles that take and
/// return longs, and memory that is seen as a `ByteBuffer`. A socket's descriptor is something that the JDK
/// keeps to itself; it must be told to show it.
///
/// **Where it is not to be had.** On JDK 17 to 21; on systems other than Linux 5.7 or newer, on x86-64 or
/// aarch64; in containers whose policy forbids it, as Docker's does; in a JVM that was not started with
/// `--enable-native-access` and `--add-exports java.base/sun.nio.ch=…`, as our launcher does. Then
/// [dev.cinnabar.uring.Ring#open] says why, and everything goes on with one call per operation.
///
/// **Who owns what.** One thread at a time touches a ring: the one that opens it, then that of the loop which
/// has it to its end. The queues and the memory are mapped when it is opened and unmapped when it is closed;
/// they lie outside of Java's heap, and no collector frees them.
///
/// **What this room does not do.** It knows no connections and no loops. It does not use what would save a
/// few more calls: receives that are armed once and deliver many times, buffers that the kernel chooses, a
/// kernel thread that polls. Each of them makes operations live longer than a call, and then a socket that is
/// closed, a buffer that is given up and a server that ends all have to wait for them.
///
/// **Start reading** with `Ring`.
///
/// **Sources.** J. Axboe, *Efficient IO with io_uring*, 2019; the manual pages io_uring_setup(2) and
/// io_uring_enter(2). Figures: `docs/decisions/0073-io-uring.md`.
///
/// **Exercise.** `submit` takes back what the kernel did not consume. When does it consume less than it was
/// told, and why may the queue's tail be moved back then?
@NullMarked
package dev.cinnabar.uring;

import org.jspecify.annotations.NullMarked;
