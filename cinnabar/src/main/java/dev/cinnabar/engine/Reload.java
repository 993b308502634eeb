package dev.cinnabar.engine;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Numbers;
import dev.cinnabar.store.Store;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Writes the data set out as a rewrite of the log would, into memory, empties the databases, and runs what was written: DEBUG RELOAD. So
/// a test sees whether a value survives the log, in one call. Takes as much memory as the log would be long, at most 2 GiB.
final class Reload {
    private final byte[] image;
    private final int length;
    private int at;
    private Bytes[] argv = {};

    private Reload(ByteBuilder image) {
        this.image = image.array();
        this.length = image.length();
    }

    /// @param link for the session that reads back; only its address is asked for
    /// @return the first error, as the text of an error reply; null when all is there again
    static @Nullable String run(Engine engine, Link link) {
        Store store = engine.store();
        if (store.isInSnapshot()) return "ERR the log is being rewritten, try again later";
        ByteBuilder image = new ByteBuilder();
        LogSnapshot snapshot = new LogSnapshot(engine);
        snapshot.begin(() -> {});
        while (snapshot.next(image)) continue;
        for (int i = 0; i < store.count(); i++) store.flush(i);
        store.freeGarbage();

        Session session = engine.open(Session.Origin.REPLAY, link);
        engine.loading(true);
        try {
            return new Reload(image).replay(engine, session);
        } finally {
            engine.loading(false);
            engine.close(session);
        }
    }

    private @Nullable String replay(Engine engine, Session session) {
        ByteBuilder reply = new ByteBuilder();
        while (at < length) {
            int argc = (int) number('*');
            if (argc > argv.length) argv = newWindows(argc);
            for (int i = 0; i < argc; i++) {
                int bytes = (int) number('$');
                argv[i].set(image, at, bytes);
                at += bytes + 2;
            }
            reply.clear();
            engine.run(session, argc, argv, reply);
            if (reply.array()[0] == '-') return reply.toString().substring(1).strip();
        }
        return null;
    }

    private long number(char type) {
        if (image[at] != type) throw new IllegalStateException("expected " + type + " at " + at);
        int end = ++at;
        while (image[end] != '\r') end++;
        long value = Numbers.parse(image, at, end - at);
        at = end + 2;
        return value;
    }

    private static Bytes[] newWindows(int count) {
        Bytes[] windows = new Bytes[count];
        Arrays.setAll(windows, i -> new Bytes());
        return windows;
    }
}
