/// **Memory: pages, spans, blocks, and a count of every byte.**
///
/// The question this room answers: how does a Java program hold ten million small things without ten million
/// objects?
///
/// ```
///    address (42 bits)      page number (23) | offset in units of 8 bytes (19)
///
///    page    one byte[] of 4 MiB - 16 = 64 spans of 64 KiB (the last one 16 bytes short)
///    span    blocks of one size class      | 56 | 56 | 56 | free | 56 | free | … | never used yet
///    block   what somebody asked for, rounded up to its size class
///
///    a block above 32 KiB:  a page of its own, an array just as long as needed
/// ```
///
/// **Words.** A *page* is an array; to the garbage collector it is one object without references, so neither
/// marking nor card scanning ever looks inside. A *span* is a 64 KiB piece of a page that holds blocks of one *size
/// class*. A *block* is what `allocate` hands out, named by its *address*. A page is *sparse* when it was
/// picked to be emptied.
///
/// **Size classes.** Every multiple of 8 from 16 bytes to 1 KiB, then eight steps per doubling up to 32 KiB:
/// at most 12.5 % is lost to rounding, and at most 7 bytes for the small blocks that are the mass of a real
/// data set. The same geometric steps go on for large blocks, so a string that grows byte by byte is copied a
/// logarithmic number of times. What is left at the end of a span is lost too: nothing to speak of below 8
/// KiB, but only two blocks of 22 KiB fit into a span.
///
/// **From a SET's point of view.** `allocate(53)` rounds to 56 bytes, class 7. The class has a *current*
/// span; its free list (threaded through the free blocks themselves) gives a block, or the span's untouched
/// end does. When the span is full, the next span of that class that has room becomes current; when there is
/// none, a free span of some page; when there is none either, a new page. `free` pushes the block on its
/// span's list; a span whose last block goes is given back to its page, and a page whose last span goes is
/// given back to the heap, but for one that is kept, so that a load at the edge does not make and drop pages
/// all the time. All of it is a handful of array accesses, and no garbage.
///
/// **The next page is made before it is needed.** To get 4 MiB from the system for the first time takes
/// milliseconds. When only a megabyte of free spans is left, a thread ([dev.cinnabar.memory.PageMaker]) makes
/// the next array; when a page is dropped, it is forgotten again.
///
/// **Giving memory back.** After many deletes every page still holds a few blocks. When there are more than
/// eight pages and a sixth of them is holes, [dev.cinnabar.memory.Pages#planCompaction] picks the emptiest
/// pages whose content fits into the holes of the others and calls them sparse: nothing new is placed there.
/// The owners of blocks (each block has exactly one: a slot of a table, or a place in a list of nodes) walk
/// their slots in small steps and move what lies in a sparse page. A page that runs empty is dropped.
///
/// **How much.** [dev.cinnabar.memory.Budget] is one number shared by all that takes heap in bulk: pages,
/// tables, network buffers. Reserving beyond the limit is refused with [dev.cinnabar.memory.OutOfMemory],
/// which becomes an `-OOM` reply. So a full server says no; it does not die of `OutOfMemoryError`.
///
/// **Who owns what.** A `Pages` belongs to one engine and is touched only under that engine's lock. `Budget`
/// may be shared by threads.
///
/// **What this room does not do.** It does not know what a block holds, and it does not remember sizes:
/// whoever frees a block says how long it is, because the record in it knows. There is no zeroing either: a
/// fresh block holds old bytes.
///
/// **Start reading** with `SizeClasses`, then `Pages#allocate`, then `Pages#planCompaction`.
///
/// **Sources.** J. Bonwick, *The Slab Allocator*, 1994; D. Leijen, B. Zorn, L. de Moura, *Mimalloc: Free List
/// Sharding in Action*, 2019: a free list per small page instead of one per class is theirs.
///
/// **Exercise.** A page is 16 bytes short of 4 MiB. Which sizes of arrays does a G1 heap with regions of 1, 2
/// and 4 MiB store without wasting half a region?
@NullMarked
package dev.cinnabar.memory;

import org.jspecify.annotations.NullMarked;
