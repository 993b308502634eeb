/// **Struct: the shapes that data takes in pages.**
///
/// The question this room answers: how is a table, or a wheel of timers, built from blocks of bytes and
/// arrays of longs, such that no operation ever takes long?
///
/// ```
///    Dict          hash → slot (8 bytes) ──► record  | tag | access | expiry? | key | value |
///                                              │
///    ExpiryWheel   slot of time ──► record ──► record ──► …      (the lists run through the records)
/// ```
///
/// **Words.** A *record* is one entry in a block: [dev.cinnabar.struct.Records] draws it. A *bucket* is eight
/// slots, one cache line. *Home* is the bucket where a key belongs; an entry *spills* when its home is full. *Moving*
/// is growing or shrinking.
///
/// **From a GET's point of view.** The key's hash names a bucket with its top bits, a slot to start at with
/// three more, and a tag with its lowest 22. The slots of the bucket are compared with the tag, all in one
/// cache line; the one that fits leads to the record, whose key is compared, and that is nearly always the
/// right one: two cache misses for a key that is there, one for a key that is not.
///
/// **Nothing takes long.** A table that has to grow gets a second one beside it, and each insertion or
/// removal moves two buckets; because the bucket number is the top of the hash, both tables are in the same
/// order, the old one is emptied from the front while the new one is filled from the front, and the memory of
/// both together is that of one. Where entries crowd at one place, the next table has another order
/// (`docs/decisions/0082`). Timers are handed over a few hundred at a time; the wheel prepares its slots
/// ahead, so that nobody waits for a big one.
///
/// **Small collections** have no table: they are one piece of bytes. A [dev.cinnabar.struct.Listpack] holds
/// strings and numbers and is searched from end to end; an [dev.cinnabar.struct.Intset] holds whole numbers
/// in order, of which each look rules out half; a [dev.cinnabar.struct.StreamNode] is a listpack of some
/// hundred entries of a stream, and [dev.cinnabar.struct.IdRows] finds the node. All but the last are Redis's
/// formats, byte for byte, so that a dump can be a copy; each class draws its own. (`Ziplist` and `Zipmap` are
/// what older servers wrote, and are only read.)
///
/// **Places on earth** need no structure of their own: [dev.cinnabar.struct.Geohash] makes one number of two,
/// so that a sorted set has near places near each other, `GeoCells` says which ranges of numbers cover an
/// area, and `GeoShape` measures what is found there.
///
/// **Strings that are more than text.** A bitmap is a string seen as a row of bits:
/// [dev.cinnabar.struct.Bits] counts, finds and combines them eight bytes at a time. A
/// [dev.cinnabar.struct.HyperLogLog] is a string that counts different things without keeping them; its class
/// comment tells how, and draws its two layouts. Both work on the bytes where they lie.
///
/// **Who owns the memory.** A `Dict` counts its segments in its [dev.cinnabar.memory.Pages]; the records
/// belong to whoever inserted them. A record has exactly one slot that names it, so it can be moved: copy,
/// change the slot, tell the wheel.
///
/// **What this room does not do.** It knows neither databases nor clients nor types of values; it does not
/// decide when a key is expired, only which are due. Nothing here is thread-safe.
///
/// **Start reading** with the pictures in `Records`, `Dict` and `ExpiryWheel`.
///
/// **Sources.** Open addressing in cache-line buckets: Swiss tables (Google, 2017) and F14 (Facebook, 2019),
/// from whom the count of spilled entries comes. Moving in steps: Redis's dict.c (S. Sanfilippo, 2009). G.
/// Varghese, T. Lauck, *Hashed and Hierarchical Timing Wheels*, 1987.
///
/// **Exercise.** Redis's SCAN counts its cursor up in reversed binary so that it survives a growing table;
/// ours simply counts up. Which decision in `Dict` makes the difference, and what would break if buckets were
/// numbered by the low bits of the hash?
@NullMarked
package dev.cinnabar.struct;

import org.jspecify.annotations.NullMarked;
