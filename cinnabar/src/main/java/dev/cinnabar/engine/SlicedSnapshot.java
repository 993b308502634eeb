package dev.cinnabar.engine;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.store.Snapshot;
import java.io.IOException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// The data set at one moment, handed out in slices, in whatever way the subclass writes keys. Takes the
/// engine's lock by itself, for a slice at a time; called from one thread at a time. There is one image of a
/// store at a time: who begins another waits.
public abstract class SlicedSnapshot implements SnapshotSource {
    /// After so many bytes a slice is over.
    protected static final int SLICE_BYTES = 64 << 10;

    private static final int SLICE_RECORDS = 256; // some 50 µs under the lock
    private static final long WAIT_NANOS = 5_000_000; // between two looks whether another image has ended

    private final Engine engine;
    private ByteBuilder ready = new ByteBuilder(); // images since the last slice, from the walker and from writers
    private ByteBuilder spare = new ByteBuilder();
    private @Nullable Snapshot snapshot;

    protected SlicedSnapshot(Engine engine) {
        this.engine = engine;
    }

    /// The moment has come; under the lock.
    ///
    /// @return who writes the images, to [#ready]
    protected abstract Snapshot.Sink begun();

    /// It was given up; under the lock.
    protected abstract void ended();

    /// Where images are written.
    protected final ByteBuilder ready() {
        return ready;
    }

    @Override
    public void begin(Runnable alsoThen, Check check) throws IOException {
        while (!tryBegin(alsoThen)) {
            check.check();
            LockSupport.parkNanos(WAIT_NANOS);
        }
    }

    /// The same without waiting for another image.
    ///
    /// @return false when there is one; then nothing has happened
    public boolean tryBegin(Runnable alsoThen) {
        engine.lock();
        try {
            if (engine.timers().walkAbandoned() || engine.store().isInSnapshot()) return false;
            ready.clear();
            snapshot = engine.store().beginSnapshot(begun());
            alsoThen.run();
            return true;
        } finally {
            engine.unlock();
        }
    }

    @Override
    public boolean next(ByteBuilder out) {
        boolean more = true;
        engine.letOthersIn();
        engine.lock();
        try {
            Snapshot running = snapshot;
            if (running == null) return false;
            while (more && ready.length() < SLICE_BYTES) {
                more = running.next(SLICE_RECORDS);
                if (engine.hasWaitingThreads()) break;
            }
            if (!more) snapshot = null;
            ByteBuilder full = ready;
            ready = spare;
            spare = full;
        } finally {
            engine.unlock();
        }
        out.append(spare.array(), 0, spare.length());
        spare.clear();
        spare.trim(4 * SLICE_BYTES);
        return more;
    }

    @Override
    public void abort() {
        engine.lock();
        try {
            Snapshot running = snapshot;
            snapshot = null;
            if (running != null) {
                running.abort();
                engine.timers().abandoned(running);
            }
            ready.clear();
            ended();
        } finally {
            engine.unlock();
        }
    }
}
