/// **Base: what every room needs and none should write twice.**
///
/// The question this room answers: how do we hold bytes, numbers, time and chance without making garbage and
/// without asking the machine behind the caller's back?
///
/// ```
///    Bytes          a window, borrowed      [ ....|key:17|.... ]   valid until the lender moves on
///    StoredBytes    a copy, ours            |key:17|               may be kept, may be a map's key
///    ByteBuilder    a growing array         $6\r\nkey:17\r\n_      replies and log records are written here
/// ```
///
/// **Words.** A *window* is an array, an offset and a length. *Borrowed* means: read it now, copy what you
/// keep. A *seed* is the number from which everything random in a server follows.
///
/// **From a GET's point of view.** The bytes `*2\r\n$3\r\nGET\r\n$6\r\nkey:17\r\n` lie in a buffer. Two
/// windows are pointed at `GET` and `key:17`; nothing is copied. [dev.cinnabar.base.Hash] turns the key into
/// 64 bits, the table is asked, and the value is appended to a [dev.cinnabar.base.ByteBuilder] that goes to
/// the socket. No object was made.
///
/// **Numbers.** Clients send numbers as text and get them back as text, so the way there and back is as hot
/// as any. [dev.cinnabar.base.Numbers] is for whole ones, [dev.cinnabar.base.Doubles] for scores, read and
/// printed digit for digit as C does. INCRBYFLOAT counts in the 80 bits of an x87 register, as Redis does
/// there, and [dev.cinnabar.base.LongDouble] counts like one: an answer must not depend on the machine.
///
/// **A million elements that are sorted** are no objects either: [dev.cinnabar.base.Texts] keeps their bytes
/// one behind the other, and [dev.cinnabar.base.PartialSort] puts numbers in order that stand for them, as
/// far as somebody looks.
///
/// **Time and chance are arguments.** [dev.cinnabar.base.Clock] and [dev.cinnabar.base.Randomness] are handed
/// down from the server. A test that wants an hour to pass moves its clock by an hour
/// ([dev.cinnabar.base.TestClock], the one thing here that several threads share, and which wakes those who
/// wait for its time); a test that wants to repeat a run repeats the seed.
///
/// **Hashes** are three, each for its own: `Hash` with a secret seed for tables, so that nobody can choose
/// keys that collide; [dev.cinnabar.base.Murmur64] for HyperLogLog, where all servers have to agree;
/// [dev.cinnabar.base.Xxh3] for DIGEST, likewise.
///
/// **What this room does not do.** It knows no commands, counts no memory and starts no threads: but for the
/// clock of tests and [dev.cinnabar.base.Waits], which names the calls that wait, everything here is
/// immutable or owned by one thread at a time.
///
/// **Start reading** with `Bytes`, then `Numbers`, then `Hash`.
///
/// **Sources.** `%.17g`, `strtod` and `strtold` of C99, for what Redis prints and reads; Wang Yi, *wyhash*,
/// 2019, for the hash of tables; G. Steele, D. Lea, C. Flood, *SplitMix*, 2014, for chance; A. Appleby,
/// *MurmurHash2*, 64A; Y. Collet, *XXH3*; C. A. R. Hoare, *Quicksort*, 1962; D. R. Musser, *Introspective
/// Sorting and Selection Algorithms*, 1997.
///
/// **Exercise.** `Numbers.isLong` says that `007` and `-0` are not numbers. Which promise of `GET` would
/// break if it said they were?
@NullMarked
package dev.cinnabar.base;

import org.jspecify.annotations.NullMarked;
