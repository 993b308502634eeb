package dev.cinnabar.persistence;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.engine.Engine;
import dev.cinnabar.engine.SlicedSnapshot;
import dev.cinnabar.store.BigImage;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.Snapshot;
import dev.cinnabar.store.StreamConsumer;
import dev.cinnabar.store.StreamGroup;
import dev.cinnabar.store.StreamValue;
import dev.cinnabar.struct.Listpack;
import java.util.ArrayDeque;

/// The data set at one moment as the keys of an RDB file.
final class RdbSnapshot extends SlicedSnapshot {
    /*
     * A value has to stand in the file in one piece, but big ones come in pieces, among which are records and
     * elements of other big values that writers are about to change. So one value at a time, the first of the
     * queue, goes straight to the file, and everything else is kept until that is complete:
     *
     *   queue    [ first ]  [ second ]  [ third ]         in the order in which the store walks them
     *                ↓       elements    elements          kept
     *              file                                    later: records, kept
     *
     * Kept is what writers touched while the first one was walked, not what it holds.
     */
    private static final int KEPT_CAPACITY = 1 << 20; // of the buffer for records, when it is not used

    private final RdbWriter writer;
    private final ArrayDeque<Elements> queue = new ArrayDeque<>();
    private final ByteBuilder later = new ByteBuilder();

    RdbSnapshot(Engine engine, RdbWriter writer) {
        super(engine);
        this.writer = writer;
    }

    @Override
    protected Snapshot.Sink begun() {
        return new Images();
    }

    @Override
    protected void ended() {
        queue.clear();
        later.clear();
    }

    private final class Images implements Snapshot.Sink {
        @Override
        public boolean isFull() {
            return ready().length() >= SLICE_BYTES;
        }

        @Override
        public void image(int index, Database db, long address) {
            writer.key(index, db, address, queue.isEmpty() ? ready() : later);
        }

        @Override
        public Snapshot.BigSink big(BigImage image) {
            Elements elements = new Elements(image);
            queue.add(elements);
            if (queue.size() == 1) elements.open();
            return elements;
        }
    }

    /// The elements of one big value.
    private final class Elements implements Snapshot.BigSink {
        private final BigImage image;
        private final ByteBuilder kept = new ByteBuilder();
        private final StreamWriter stream = new StreamWriter(writer.values(), this::out);
        private boolean isOpen;

        Elements(BigImage image) {
            this.image = image;
        }

        /// From now on it goes straight to the file.
        void open() {
            writer.big(image, ready());
            ready().append(kept.array(), 0, kept.length());
            isOpen = true;
        }

        private ByteBuilder out() {
            return isOpen ? ready() : kept;
        }

        @Override
        public void element(Listpack.Entry element) {
            writer.values().entry(element, out());
        }

        @Override
        public void field(Listpack.Entry field, Listpack.Entry value, long expiryMs) {
            if (image.hasVolatileFields()) {
                writer.values().volatileField(field, value, ValueWriter.FIRST_MS, expiryMs, out());
            } else {
                writer.values().entry(field, out());
                writer.values().entry(value, out());
            }
        }

        @Override
        public void member(Listpack.Entry member, double score) {
            writer.values().entry(member, out());
            ValueWriter.fixed(Double.doubleToRawLongBits(score), Double.BYTES, out());
        }

        @Override
        public void node(long ms, long seq, byte[] array, int offset) {
            stream.node(ms, seq, array, offset);
        }

        @Override
        public void stream(StreamValue as) {
            stream.stream(as);
        }

        @Override
        public void group(StreamGroup group) {
            stream.group(group);
        }

        @Override
        public void pending(StreamGroup group, long place) {
            stream.pending(group, place);
        }

        @Override
        public void consumer(StreamGroup group, StreamConsumer consumer) {
            stream.consumer(group, consumer);
        }

        @Override
        public void end() {
            if (queue.poll() != this) throw new IllegalStateException("a value ended that was not the first");
            ready().append(later.array(), 0, later.length());
            later.clear();
            later.trim(KEPT_CAPACITY);
            Elements next = queue.peek();
            if (next != null) next.open();
        }
    }
}
