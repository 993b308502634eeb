/// **Store: databases of keys, what they hold, and until when.**
///
/// The question this room answers: what is a key, once the wire and the client are taken away?
///
/// ```
///    Store ── Pages (shared)          Database 0 ── Dict ──► records     key → kind, value, access, expiry
///          ├─ Moment (what time it is)            └ ExpiryWheel ──► the same records, in order of their time
///          ├─ Database 0 … 15
///          └─ garbage: databases that were flushed and are freed in small steps
/// ```
///
/// **Words.** The *kind* of a record says type and encoding: [dev.cinnabar.store.Kind]. A key with an expiry
/// time is *volatile*. The *moment* is the time that all commands of a batch see. An *image* is a record as a
/// snapshot sees it. A *big* value is one that does not lie in its record.
///
/// **From a GET's point of view.** [dev.cinnabar.store.Database#lookup] hashes the key, asks the table and
/// looks at the expiry time; a key whose time is over is taken out on the spot, and the engine is told. What
/// comes back is an address. `string(address)` gives a look at the value where it lies: a number, or a window
/// of bytes that the reply copies to the socket's buffer.
///
/// **From a SET's point of view.** There are five primitives ([dev.cinnabar.store.Keyspace] has them):
/// *create* a record, *recut* it (same key, another size), *splice* (put some bytes of its value in the place
/// of others), *remove* it; and for RENAME and MOVE *hand over* (another key or database, same value), which
/// leaves a huge value where it is. A value of the same size class is written over where it lies, so a steady
/// load of SETs moves nothing. All check first and change after, so running out of memory loses nothing; who
/// changes several keys or none holds room for all of them first.
///
/// **Collections.** A small one is a piece of bytes in its record: a listpack, which is searched from end to
/// end, or an intset, which is in order. Beyond its [threshold][dev.cinnabar.store.Thresholds] it becomes a
/// [dev.cinnabar.store.BigValue], and the record holds no more than its number: a ring of listpacks for a
/// list, a table of members for a set or a hash. No element is an object. Commands do not see the difference:
/// `ListValue`, `SetValue`, `HashValue` and `ZsetValue` show both forms as one; what they share is in
/// `CollectionValue`. Lists are used at their ends, so both forms have room there, and what is pushed or popped
/// leaves the rest where it lies (`HeadRoom`, `BigList`).
///
/// **Expiry.** Volatile records hang in a timing wheel; the engine advances it a few hundred records at a
/// time, some hundred times a second. A key is therefore gone some 10 ms after its time even if nobody asks
/// for it, and at once if somebody does. Redis samples twenty volatile keys at a time instead, which needs no
/// list and may leave a dead key for minutes.
///
/// **Fields that expire.** A hash may have volatile fields, each with a time of its own. Nothing in the
/// keyspace's records points to them; the database keeps an *agenda*, one entry for each such hash, with the
/// time of its next field, in a table and a wheel of their own ([dev.cinnabar.store.Agenda] draws it). A
/// small hash keeps its fields in the order of their times, so what is due lies in front; a large one has a
/// wheel for its own fields. Whoever looks at a hash lets go what is due, as with keys, but no more than a
/// few dozen fields at a time (HRANDFIELD, where few are left to pick among many that are due, sixteen
/// thousand): those that are left are passed over by every command, and only HLEN counts them, until the
/// agenda's turn comes, some 10 ms after their time. A hash that only has due fields left is still there for
/// EXISTS and SCAN so long.
///
/// **Snapshots.** A rewrite of the log needs all databases as they were at one moment, while commands go on.
/// Redis forks the process. We walk the table in order of hashes, a slice at a time, and a writer who is
/// about to change a record ahead of the walker hands over the old image first
/// ([dev.cinnabar.store.TableWalk] draws it). Nothing is copied that does not change, and each record at most
/// once. A big value is not handed over with its record: it is frozen and put into a queue, and its elements
/// follow in slices of their own, by the same walk one level down for what is a table, by keeping old nodes
/// for what has an order ([dev.cinnabar.store.Snapshot] draws that).
///
/// **No value is too large for a moment.** Whatever is done to a big value as a whole is done in steps of
/// some 50 µs: a snapshot reads it, a table grows, holes are closed, and it is freed. Deleting, overwriting,
/// expiring, evicting a key with ten million elements takes the record out and puts the value into the *garbage*; **flushing**
/// swaps in an empty database and puts the old one there. What a snapshot has still to read *waits* in front
/// of it. So memory comes back some time after the reply; eviction takes off what is on its way, or it would
/// give up everything else meanwhile. The holes that mass deletions leave are closed by moving records out of
/// sparse pages, thirty-two buckets at a time.
///
/// **Known to be poor.** A string is one piece: to set, to read and to hand over 100 MB takes as long as
/// copying them, some 20 ms. COPY of a big value is O(n), as in Redis. A list of a million nodes (so of
/// gigabytes) is frozen in 2 ms.
///
/// **Sorted sets** ask two questions: which score has this member, and who comes in order from here? A small
/// one answers both by walking its listpack. A large one is a table of members, each with its score, and
/// beside it the addresses of the same records in order, in a B+-tree that counts
/// ([dev.cinnabar.store.ZsetValue] and, drawn, `ScoreIndex`). Every range, by rank, by score or by name,
/// becomes two ranks first: how many elements lie below its ends. Redis keeps a skip list, of one object per
/// member. A range by name presumes that all scores are the same. Where they are not, the manual promises
/// nothing: Redis walks a small set until a name does not fit, and in a large one goes where the levels of
/// its skip list lead, which are drawn by chance; two Redis servers answer differently there, and ours
/// answers something else again.
///
/// **Streams** are entries under growing ids, in nodes of some hundred, and nodes under an index. A node is a
/// listpack that holds the names of fields once and ids as differences ([dev.cinnabar.struct.StreamNode]
/// draws it), so that an entry takes some ten bytes more than its values. [dev.cinnabar.store.StreamValue]
/// knows ids and counts, `StreamNodes` the bytes, and [dev.cinnabar.store.StreamTrim] takes old ones away:
///
/// ```
///    index   | 1-0 · | 7-0 · | 9-3 · |         rows in order of ids, see IdRows
///               │       │       └► tail        | 9-3 | + 0-0 a b | + 0-1 a b |        appended to, in a block with room
///               │       └► node
///               └► node                         trimmed away from here
///
///    group   last id 9-3, pending  | 7-0, when, how often, to whom | 9-3, … |
///            consumers             c1 | 7-0 |      c2 | 9-3 |
/// ```
///
/// **A group remembers** two things: up to which id it has read, and what it handed out that was not
/// acknowledged. From an XREADGROUP's point of view: the entries behind the last id are answered, each
/// becomes a row in the list of what is pending and one in its consumer's, the last id moves. An XACK takes
/// both rows out. An XNACK takes only that of the consumer out: the entry is pending of nobody then, until
/// somebody claims it. Lists and index are the same thing, rows in order of ids in leaves of 64, because all
/// of them are appended to at the end, taken from at the front and asked "from here on"
/// ([dev.cinnabar.store.StreamGroup] draws the rows).
///
/// **Who owns what.** All of it belongs to one engine, under its lock. Addresses, looks and windows are good
/// until the next change.
///
/// **What this room does not do.** It answers nobody, logs nothing and knows no command: it tells
/// [dev.cinnabar.store.KeyEvents] what it did of its own accord, and the engine does the rest.
///
/// **Start reading** with `Database#lookup`, then the primitives in `Keyspace`, then `TableWalk` and
/// `Snapshot`.
///
/// **Sources.** Types and encodings as in Redis 7's object.c; access counters: R. Morris, *Counting large
/// numbers of events in small registers*, 1978.
///
/// **Exercise.** FLUSHALL in the middle of a snapshot swaps all databases. Why is the image complete all the
/// same, and when are the flushed records freed?
@NullMarked
package dev.cinnabar.store;

import org.jspecify.annotations.NullMarked;
