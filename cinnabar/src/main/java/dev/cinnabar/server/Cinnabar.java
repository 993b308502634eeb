package dev.cinnabar.server;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Clock;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.engine.Engine;
import dev.cinnabar.engine.Families;
import dev.cinnabar.engine.Session;
import dev.cinnabar.memory.Budget;
import java.util.Map;

/// The front door: a whole server in this process.
public final class Cinnabar implements AutoCloseable {
    private final Engine engine;
    private final Session session;

    private Cinnabar(Clock clock, long seed) {
        engine = new Engine(clock, new Randomness(seed), Budget.ofHeap(), 16, Families.all(), Map.of());
        session = engine.open(Session.Origin.EMBEDDED, NoLink.INSTANCE);
    }

    /// Runs a command in this process, as text; for tests until the real door stands.
    public String raw(String... words) {
        Bytes[] argv = new Bytes[words.length];
        for (int i = 0; i < words.length; i++) argv[i] = Bytes.of(words[i]);
        ByteBuilder out = new ByteBuilder();
        engine.lock();
        try {
            engine.beginBatch();
            engine.run(session, argv.length, argv, out);
        } finally {
            engine.unlock();
        }
        return out.toString();
    }

    public static Cinnabar start() {
        return new Cinnabar(Clock.system(), System.nanoTime());
    }

    @Override
    public void close() {}
}
