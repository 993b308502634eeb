package dev.cinnabar.store;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.memory.Pages;
import dev.cinnabar.struct.IdRows;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The groups that read a stream, in order of their names. There are few of them: an array.
final class StreamGroups {
    private static final StreamGroup[] NONE = {};

    private final Pages pages;
    private StreamGroup[] groups = NONE;
    private int count;

    StreamGroups(Pages pages) {
        this.pages = pages;
    }

    int count() {
        return count;
    }

    /// One of them, in order of names.
    StreamGroup get(int index) {
        return groups[index];
    }

    /// The group of that name, or null. O(log groups).
    @Nullable
    StreamGroup get(Bytes name) {
        int place = place(name);
        return place < 0 ? null : groups[place];
    }

    private int place(Bytes name) {
        return Named.place(groups, count, name);
    }

    /// Makes a group of a name that there is none of.
    ///
    /// @throws dev.cinnabar.memory.OutOfMemory when memory is short; then nothing has changed
    StreamGroup create(Bytes name, long lastMs, long lastSeq, long entriesRead) {
        StreamGroup group = new StreamGroup(pages, name.copy(), lastMs, lastSeq, entriesRead);
        insert(-1 - place(name), group);
        return group;
    }

    private void insert(int place, StreamGroup group) {
        if (count == groups.length) groups = Arrays.copyOf(groups, Math.max(1, count + count / 2 + 1));
        System.arraycopy(groups, place, groups, place + 1, count - place);
        groups[place] = group;
        count++;
    }

    /// Takes a group out; freeing it is the caller's.
    void remove(StreamGroup group) {
        int place = place(group.name());
        count--;
        System.arraycopy(groups, place + 1, groups, place, count - place);
    }

    /// Whether all of them have read and acknowledged an entry.
    boolean areDone(long ms, long seq) {
        for (int i = 0; i < count; i++) if (!groups[i].isDone(ms, seq)) return false;
        return true;
    }

    /// One of their lists of rows, or null behind the last: of each group what is pending in all, then
    /// consumer by consumer.
    @Nullable
    IdRows list(int number) {
        int left = number;
        for (int i = 0; i < count; i++) {
            StreamGroup group = groups[i];
            if (left == 0) return group.rows(null);
            if (left <= group.consumers()) return group.rows(group.consumer(left - 1));
            left -= 1 + group.consumers();
        }
        return null;
    }

    /// O(groups + consumers).
    long bytes() {
        long bytes = 0;
        for (int i = 0; i < count; i++) bytes += groups[i].bytes();
        return bytes;
    }

    /// As [Garbage#free].
    boolean free(int most) {
        long left = most;
        while (count > 0) {
            if (left <= 0) return true;
            StreamGroup last = groups[count - 1];
            int part = (int) left;
            left -= 1 + last.consumers() + last.size();
            if (last.free(part)) return true;
            count--;
        }
        return false;
    }

    /// Begins with images of those of another stream, for a snapshot.
    void freeze(StreamGroups of) {
        for (int i = 0; i < of.count; i++) insert(count, of.groups[i].freeze());
    }

    /// Begins with copies of those of another stream.
    ///
    /// @throws dev.cinnabar.memory.OutOfMemory when memory is short; those that were copied are there
    void copy(StreamGroups of) {
        for (int i = 0; i < of.count; i++) insert(count, of.groups[i].copy());
    }

    void checkInvariants() {
        for (int i = 0; i < count; i++) {
            groups[i].checkInvariants();
            if (i > 0 && groups[i - 1].compareName(groups[i].name()) >= 0)
                throw new IllegalStateException("groups are not in order");
        }
    }
}
