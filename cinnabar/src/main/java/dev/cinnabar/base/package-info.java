/// **Base: what every room needs and none should write twice.**
///
/// The question this room answers: how do we hold bytes, numbers, time and chance without making garbage and without
/// asking the machine behind the caller's back?
///
/// ```
///    Bytes          a window, borrowed      [ ....|key:17|.... ]   valid until the lender moves on
///    StoredBytes    a copy, ours            |key:17|               may be kept, may be a map's key
///    ByteBuilder    a growing array         $6\r\nkey:17\r\n_      replies and log records are written here
/// ```
///
/// **Words.** A *window* is an array, an offset and a length. *Borrowed* means: read it now, copy what you keep.
///
/// **From a GET's point of view.** The bytes `*2\r\n$3\r\nGET\r\n$6\r\nkey:17\r\n` lie in a buffer. Two windows are pointed
/// at `GET` and `key:17`; nothing is copied. [dev.cinnabar.base.Hash] turns the key into 64 bits, the table is asked, and
/// the value is appended to a [dev.cinnabar.base.ByteBuilder] that goes to the socket. No object was made.
///
/// **Time and chance are arguments.** [dev.cinnabar.base.Clock] and [dev.cinnabar.base.Randomness] are handed down from the
/// server. A test that wants an hour to pass moves its clock by an hour; a test that wants to repeat a run repeats the seed.
///
/// **What this room does not do.** It knows no Redis, no memory accounting and no threads: everything here is either
/// immutable or owned by one thread at a time.
///
/// **Start reading** with `Bytes`, then `Numbers`, then `Hash`.
///
/// **Exercise.** `Numbers.isLong` says that `007` and `-0` are not numbers. Which promise of `GET` would break if it said
/// they were?
@NullMarked
package dev.cinnabar.base;

import org.jspecify.annotations.NullMarked;
