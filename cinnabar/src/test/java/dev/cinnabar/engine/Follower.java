package dev.cinnabar.engine;

import dev.cinnabar.base.Bytes;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// A second engine that runs what the first one logs, as soon as it logs it, the way a server does that reads
/// its log at the start.
public final class Follower implements AutoCloseable {
    private final TestServer leader;
    private final TestServer server = TestServer.inRealTime();
    private final LogReplayer replayer = server.replayer();
    private int db;
    private @Nullable String failure;

    public Follower(TestServer leader) {
        this.leader = leader;
        // the one limit that makes another value, and not only another encoding, of the same commands
        server.store().thresholds().hllSparseMaxBytes = leader.store().thresholds().hllSparseMaxBytes;
        leader.engine().log(new Reader());
    }

    /// @throws AssertionError when one of the commands so far was refused, or changes nothing
    public void check() {
        if (failure != null) throw new AssertionError(failure);
    }

    /// The digest of all that is there now. Nothing can be read after that.
    public String digest() {
        check();
        leader.engine().log(ChangeLog.NONE);
        replayer.close();
        server.engine().loading(false);
        server.store().checkInvariants();
        server.engine().settings().debugCommand = "yes";
        return server.run("DEBUG", "DIGEST");
    }

    @Override
    public void close() {
        leader.engine().log(ChangeLog.NONE);
    }

    private final class Reader implements ChangeLog {
        @Override
        public void append(int db, int argc, Bytes[] argv) {
            if (db != Follower.this.db) replay(Bytes.of("SELECT"), Bytes.of("" + db));
            Follower.this.db = db;
            Bytes[] copy = new Bytes[argc];
            for (int i = 0; i < argc; i++) copy[i] = Bytes.of(argv[i].copy());
            replay(copy);
        }

        private void replay(Bytes... argv) {
            Replayer.Outcome outcome = replayer.run(argv.length, argv);
            String name = argv[0].toLatin1().toUpperCase(Locale.ROOT);
            boolean isBracket = name.equals("MULTI") || name.equals("EXEC");
            if (outcome == Replayer.Outcome.APPLIED || isBracket || failure != null) return;
            StringBuilder line = new StringBuilder(outcome + " " + replayer.error() + ":");
            for (Bytes word : argv) line.append(' ').append(word.toLatin1());
            failure = line.toString();
        }
    }
}
