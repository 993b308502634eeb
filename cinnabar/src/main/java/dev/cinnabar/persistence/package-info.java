/// **Persistence: the change log on disk.**
///
/// The question this room answers: a client was told OK; what must have happened on the disk by then, and how
/// does a server that was killed in any instant find its data again, or notice that somebody damaged them?
///
/// ```
///   engine, under its lock            event loops, once a turn              the log's own thread
///   ──────────────────────            ────────────────────────              ────────────────────
///   append ─► LogBuffer ─────────────► commit: one write ──► file           fsync each second          everysec
///             RESP, in segments │
///                               └────► commit: a ticket ───────────────────► write, fsync, released     always
///                                      (replies are held)    file ◄──────────┘   one for all who wait
/// ```
///
/// **Words.** The *log* is all files together; Redis calls it the AOF. The *base* holds the data at one
/// moment, *increments* what changed since; the *manifest* names them in order. A *ticket* is a position in
/// the stream of appended bytes; a held reply waits for it to be *released*. A *line* starts with `#`; a *checksum
/// line* covers what lies between it and the one before. A *torn tail* is what a crash leaves of a write; *damage*
/// is everything else that does not check out. *To rewrite* is to put an image of memory in place of a long
/// log.
///
/// **The files** are those of Redis 7, so that each server opens the other's directory:
///
/// ```
///   appendonlydir/appendonly.aof.manifest      file appendonly.aof.2.base.aof seq 2 type b
///                                              file appendonly.aof.3.incr.aof seq 3 type i
///                                              #END:88:5b0e2a4e
///                 appendonly.aof.2.base.aof    #CRC:0:00000000 | *3 $3 SET … | … | #CRC:65602:9f3a77c2 | … | #END:…
///                 appendonly.aof.3.incr.aof    #CRC:0:00000000 | *2 $6 SELECT … | *3 $3 SET … | #CRC:4180:07f1c93d | … …
///                 under `always`               #CRC:0:00000000 | *2 $6 SELECT … | *2 $4 INCR … | #GRP:61:f9dadb30 |
///                                              #BEG | *2 $4 INCR … | #GRP:106:e3c94b73 | #######…
/// ```
///
/// What we add are lines that Redis skips. With them a flipped bit is found, where Redis serves it; see
/// [dev.cinnabar.persistence.Checksum] for the format and [dev.cinnabar.persistence.LogReader] for the
/// question that makes this hard: is an end that does not parse torn, and to be cut, or damaged, and to be
/// refused?
///
/// **From a SET's point of view, `everysec`.** The engine ran it and calls `append`: some fifty bytes are
/// copied into the last segment of the buffer, nobody waits, nothing is allocated. At the end of its turn the
/// event loop calls `commit`, which writes everything that waits with one system call, before a single reply
/// goes out. So what was acknowledged survives `kill -9`, whatever the disk does: an fsync that takes three
/// seconds runs on another thread and does not hold the lock that a write needs. Each second the log's thread
/// ends the file in a checksum line and syncs it.
///
/// **The same SET, `always`.** `commit` hands out a ticket. The log's thread takes everything that waits,
/// writes it with a checksum line, syncs, and releases the tickets; what was appended meanwhile belongs to
/// the next group, which waits a moment for the clients of this one to come back. Event loops do not wait for
/// the disk; but one that syncs in less than a millisecond, on average, is quicker than a second thread, and
/// there the loop writes and syncs before it flushes, until an fsync is slow.
///
/// A group does not make the file longer: it overwrites [filler][dev.cinnabar.persistence.Filler] that was
/// written before, as an fsync then need not commit the file system's journal. Its line (`#GRP`) says that no
/// group behind it, which begins with `#BEG`, counts without a line of its own.
///
/// ```
///   loop    | read 20 | run 20 | commit → 20 tickets | read 30 | run 30 | commit → 30 | flush 20 | read 20 | …
///   log               . . . . . . . . . | write, fsync: 20 | . | write, fsync: 30          | write, fsync: 20 …
/// ```
///
/// **When the disk fails** the log is in one of these states ([dev.cinnabar.persistence.AppendOnlyLog] says
/// who leaves which):
///
/// ```
///   WELL ──write fails──► FAILING ──all written, reserve taken──► WELL          new writes get -MISCONF, reads go on
///     └──fsync fails──► LOST ──rewrite──► REBUILDING ──synced──► WELL           the same; held replies wait for the end
/// ```
///
/// Whose change is not in the log waits; who was told of none does not, and may read what a crash would take
/// away.
///
/// A write that fails is simply tried again, at the same place, ten times a second. So that a full disk does
/// not catch commands between having run and having been logged, a megabyte is set aside
/// ([dev.cinnabar.persistence.Reserve]). An fsync that fails is another matter: the kernel has forgotten
/// which bytes did not reach the disk, and the next fsync would succeed without them. Nothing on disk is
/// trusted then; what is in memory is written to new files, and only when these are safe do the held replies
/// go. The same is done, before the command returns, where DEBUG RELOAD puts another data set in the place of
/// the one that the log holds.
///
/// **Rewriting** ([dev.cinnabar.persistence.Rewrite]) goes without `fork`: the store keeps an image of one
/// moment ([dev.cinnabar.engine.SnapshotSource]), a background thread writes it to a new base, and the log
/// goes on in a new increment from just that moment. The manifest changes in one rename; what it does not
/// name any more is deleted.
///
/// **At start** [dev.cinnabar.persistence.AofDirectory] reads the manifest and sweeps up,
/// [dev.cinnabar.persistence.AofLoader] runs base and increments. The end of the last file may be torn;
/// everything else that does not check out refuses to start and says where: *fail closed*. A base that Redis
/// wrote is an RDB image ([dev.cinnabar.persistence.RdbReader]). A log of one file, as older servers keep it,
/// becomes the base.
///
/// **What is covered.** Under `always` every byte that was acknowledged is. Under `everysec` and `no` the
/// last four kilobytes or the last second, whichever is less, have no checksum line yet; after a clean stop
/// everything has one. A file that was cut short just behind a checksum line looks like a shorter log: for
/// bases and for increments that are not the last, the `#END` line catches that; for the last one nothing
/// can.
///
/// **Who owns what.** Appending happens under the engine's lock, writing under the log's; the locks and their
/// order are listed in `AppendOnlyLog`. Everything goes through [dev.cinnabar.persistence.Disk], so that
/// tests can fill it up, break it, and pull its plug at any step.
///
/// **Values in RDB encoding.** DUMP answers a value as bytes, RESTORE makes it of them, and a base that Redis
/// wrote is a file of such values:
///
/// ```
///   payload   type | value …                                       | version 2 | checksum 8
///   file      REDIS0010 | facts | FE db | [FC expiry] [F8 idle time] [F9 frequency] type key value | … | FF | checksum 8
///             (F8 where the policy of eviction is LRU, F9 where it is LFU)
///
///   length    00nnnnnn                       6 bits
///             01nnnnnn n…                    14 bits, big end first
///             80 n… 4     81 n… 8            32 or 64 bits, big end first
///   string    length | bytes
///             C0 n   C1 n n   C2 n n n n     a number of 8, 16, 32 bits, little end first, as its decimal text
///             C3 | packed length | length | LZF
///
///   string 0  string
///   list 1    elements | string | string …                      a long one in a BGSAVE: nodes are not known beforehand
///        18   nodes | 2 string: a listpack | 1 string: one huge element | …
///   set  2    members | string | string …                       a set that is no intset
///        11   string: an intset
///   zset 5    members | string score | …                        scores as the eight bytes of a double
///        17   string: a listpack of member, score, member, score …
///   hash 4    fields | string string | …
///        16   string: a listpack of field, value, field, value …
///        24   soonest 8 | fields | time string string | …            with fields that expire; time: above the soonest, + 1, or 0
///        25   soonest 8 | string: a listpack of field, value, time …
///   stream 19 nodes, facts, groups                                StreamWriter draws it
/// ```
///
/// That is what [dev.cinnabar.persistence.ValueWriter] writes: version 10, which a Redis from 7.0 on reads.
/// [dev.cinnabar.persistence.RdbType] lists what older and younger ones wrote besides;
/// [dev.cinnabar.persistence.ValueReader] reads all of it. Nothing that comes from outside is believed,
/// whether its checksum fits or not: a length is compared with what is left before memory is taken, a packed
/// collection is walked through before its first entry is read, and every element goes through the call by
/// which a command would add it, so a payload can only make what commands could have made. RESTORE builds
/// aside, in the store's [workshop][dev.cinnabar.store.Store#workshop], and moves the whole value to its key
/// in the end; a refusal leaves the old one untouched. `docs/decisions/0046-values-are-built-not-copied.md`
///
/// **The RDB file** ([dev.cinnabar.persistence.RdbFile]) is the data set of one moment in one file: written
/// by SAVE, BGSAVE, the `save` points and at the end, read at the start where there is no log. It is written
/// beside the old one, synced, and renamed over it, so one of the two is there whatever happens. In the
/// background it goes the way of a rewrite, in slices; only that a value must stand in the file in one piece,
/// and what writers touch while a large one is walked waits for its end
/// ([dev.cinnabar.persistence.RdbSnapshot]). Images take turns: while the log is being rewritten no save
/// begins, and the other way round.
///
/// **What this room does not do.** It does not know what commands mean. It does not undo: who wants
/// yesterday's data needs a backup. A log that was edited by hand has to lose its checksum lines and filler
/// (`grep -av '^#CRC\|^#GRP\|^#BEG\|^#END\|^##*$'`).
///
/// **Start reading** with `Checksum`, then `LogReader`, then `AppendOnlyLog`, whose helpers are `LogEncoder`,
/// `LogWriter`, `LogThread`, `Gathering` and `RewriteRecord`.
///
/// **Sources.** The multi-part AOF as Redis 7's manual describes it ("Redis persistence", redis.io). A.
/// Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020. T. S. Pillai et al.,
/// "All File Systems Are Not Created Equal", OSDI 2014: what a crash may leave. P. Helland et al., "Group
/// Commit Timers and High Volume Transaction Systems", 1987. Decisions:
/// `docs/decisions/0020-a-checksummed-aof.md`, `0021-after-a-failed-fsync.md`,
/// `0022-who-writes-and-who-syncs.md`, `0023-groups-overwrite.md`.
///
/// RDB: the format as redis.io and S. Srinivasan's "RDB file format" (2012) describe it, and what files of
/// Redis 2.4 to 7.0 hold. LZF: M. Lehmann, liblzf, 2000.
///
/// **Exercise.** The power fails right after the manifest was renamed to name increment 4, and before the
/// first byte of it was written. What did increment 3 end in, and what would go wrong if the rename came
/// before the fsync of increment 3?
@NullMarked
package dev.cinnabar.persistence;

import org.jspecify.annotations.NullMarked;
