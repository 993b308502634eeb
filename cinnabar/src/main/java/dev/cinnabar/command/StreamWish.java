package dev.cinnabar.command;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.StoredBytes;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.Kind;
import dev.cinnabar.store.StreamGroup;
import dev.cinnabar.store.StreamValue;
import dev.cinnabar.struct.StreamId;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What readers of streams wait for: entries behind an id (XREAD), or what a group can hand out (XREADGROUP).
final class StreamWish {
    private static final long NOW = Long.MIN_VALUE;
    private static final long NEVER = Long.MAX_VALUE;

    private StreamWish() {}

    /// Entries of streams behind ids.
    static final class Behind implements Wish {
        /// A stream, and the id behind which it is read.
        private record Place(StoredBytes key, long ms, long seq) {}

        private final List<Place> places = new ArrayList<>(1);

        void add(Bytes key, long ms, long seq) {
            places.add(new Place(StoredBytes.copyOf(key), ms, seq));
        }

        @Override
        public Type type() {
            return Type.STREAM;
        }

        @Override
        public long answeredFromMs(Database db, Bytes key) {
            StreamValue stream = stream(db, key);
            if (stream == null) return NOW; // the command says what becomes of it
            for (Place place : places) {
                boolean isBehind = StreamId.compare(stream.lastMs(), stream.lastSeq(), place.ms, place.seq) > 0;
                if (isBehind && place.key.window().equals(key)) return NOW;
            }
            return NEVER;
        }
    }

    /// What a group has not read, or what is pending for long enough to be claimed.
    ///
    /// @param claimsIdleMs for how long; negative when nothing is to be claimed
    record OfGroup(StoredBytes group, long claimsIdleMs) implements Wish {
        @Override
        public long answeredFromMs(Database db, Bytes key) {
            StreamValue stream = stream(db, key);
            if (stream == null) return NOW; // which ends the waiting
            StreamGroup of = stream.group(group.window());
            if (of == null) return NOW;
            if (StreamId.compare(stream.lastMs(), stream.lastSeq(), of.lastMs(), of.lastSeq()) > 0) return NOW;
            return claimsIdleMs < 0 ? NEVER : of.idleFromMs(claimsIdleMs);
        }
    }

    private static @Nullable StreamValue stream(Database db, Bytes key) {
        long address = db.lookup(key);
        return address != 0 && db.kind(address) == Kind.STREAM ? db.stream(address) : null;
    }
}
