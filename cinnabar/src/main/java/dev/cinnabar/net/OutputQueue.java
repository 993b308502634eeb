package dev.cinnabar.net;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// What a socket did not take yet: a list of chunks, first in, first out. Empty, it costs nothing but itself.
///
/// Owned by the loop's thread.
final class OutputQueue {
    /// Chunks start small and double up to this many bytes: a client that reads a little too slowly costs
    /// little.
    static final int MAX_CHUNK = 64 << 10;

    private static final int MIN_CHUNK = 4 << 10;

    private @Nullable Chunk first;
    private @Nullable Chunk last;
    private int chunks;

    boolean isEmpty() {
        return first == null;
    }

    /// Appends a copy.
    void append(byte[] source, int from, int to) {
        while (from < to) {
            Chunk chunk = last;
            if (chunk == null || chunk.room() == 0) {
                int twice = chunk == null ? MIN_CHUNK : 2 * chunk.view.capacity();
                int wanted = Math.max(to - from, twice);
                chunk = add(ByteBuffer.allocate(Math.max(MIN_CHUNK, Math.min(MAX_CHUNK, wanted))));
                chunk.view.limit(0);
            }
            int n = Math.min(to - from, chunk.room());
            System.arraycopy(source, from, chunk.view.array(), chunk.view.limit(), n);
            chunk.view.limit(chunk.view.limit() + n);
            from += n;
        }
    }

    /// Appends the stretch itself: nobody else may write to this array from now on.
    void adopt(byte[] array, int from, int to) {
        Chunk chunk = add(ByteBuffer.wrap(array));
        chunk.adopted = true;
        chunk.view.limit(to).position(from);
    }

    private Chunk add(ByteBuffer view) {
        Chunk chunk = new Chunk(view);
        if (last == null) first = chunk;
        else last.next = chunk;
        last = chunk;
        chunks++;
        return chunk;
    }

    /// Hands as much to the socket as it takes, but for others' sake not much more than
    /// [Connection#WRITTEN_PER_TURN], and answers how many bytes that were.
    long writeTo(Connection connection) throws IOException {
        long total = 0;
        for (Chunk chunk = first; chunk != null; chunk = chunk.next) {
            first = chunk;
            ByteBuffer view = chunk.view;
            int end = view.limit();
            while (view.position() < end) {
                view.limit(Math.min(end, view.position() + MAX_CHUNK));
                int room = view.remaining();
                int n = connection.write(view);
                view.limit(end);
                total += n;
                if (n < room || total >= Connection.WRITTEN_PER_TURN) return total;
            }
            chunks--;
        }
        clear();
        return total;
    }

    void clear() {
        first = null;
        last = null;
        chunks = 0;
    }

    /// How many pieces there are.
    int chunks() {
        return chunks;
    }

    /// The unsent bytes of a chunk lie between its view's position and limit.
    private static final class Chunk {
        final ByteBuffer view;
        boolean adopted;

        @Nullable
        Chunk next;

        Chunk(ByteBuffer view) {
            this.view = view;
        }

        int room() {
            return adopted ? 0 : view.capacity() - view.limit();
        }
    }
}
