package dev.cinnabar.engine;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.StoredBytes;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One client as the engine sees it: what it selected, what it queued, what it is allowed. Knows no socket. Touched only under the
/// engine's lock.
public final class Session {
    /// Where the commands come from.
    public enum Origin {
        /// A client on the network.
        NETWORK,
        /// The Java program that embeds the server.
        EMBEDDED,
        /// The log, being replayed: nothing is checked, logged or expired.
        REPLAY
    }

    /// What CLIENT REPLY asked for.
    enum ReplyMode {
        ON,
        OFF,
        /// The answer to CLIENT REPLY SKIP itself is left out; the next command's is, too.
        SKIP_NEXT,
        SKIP
    }

    /// The error for a name that is none.
    static final String NOT_A_NAME = "ERR Client names cannot contain spaces, newlines or special characters.";

    private final long id;
    private final Engine engine;
    private final Origin origin;
    private final Link link;
    private final long createdMs;

    int db;
    boolean isResp3;
    boolean isAuthenticated;
    boolean isMonitor;
    boolean isNoEvict;
    boolean isNoTouch;
    boolean isClosing;
    ReplyMode replyMode = ReplyMode.ON;
    String name = "";
    String libraryName = "";
    String libraryVersion = "";
    String lastCommand = "NULL";
    long lastUsedMs;
    long bytesIn;
    long bytesOut;
    long commands;

    @Nullable List<QueuedCall> queue; // since MULTI
    boolean hasQueueFailed; // a command could not be queued: EXEC will refuse
    boolean isDirty; // a watched key was changed
    final List<WatchedKey> watched = new ArrayList<>(0);

    /// What keeps the session's next command waiting, null when nothing does.
    @Nullable String waitsFor;

    Session(long id, Engine engine, Origin origin, Link link, long nowMs) {
        this.id = id;
        this.engine = engine;
        this.origin = origin;
        this.link = link;
        this.createdMs = nowMs;
        this.lastUsedMs = nowMs;
    }

    /// A command that waits for EXEC: a copy of its words.
    record QueuedCall(CommandEntry entry, Bytes[] argv) {}

    /// A key that must not change before EXEC.
    record WatchedKey(int db, StoredBytes key) {}

    /// A number that no other client of this server had or will have.
    public long id() {
        return id;
    }

    public Engine engine() {
        return engine;
    }

    public Origin origin() {
        return origin;
    }

    public Link link() {
        return link;
    }

    public long createdMs() {
        return createdMs;
    }

    public long lastUsedMs() {
        return lastUsedMs;
    }

    public boolean isResp3() {
        return isResp3;
    }

    /// Whether the client may do more than log in.
    public boolean isAuthenticated() {
        return isAuthenticated;
    }

    /// Whether the connection is being closed, so that nothing more that it sent is run.
    public boolean isClosing() {
        return isClosing;
    }

    public boolean isInTransaction() {
        return queue != null;
    }

    /// The database that is selected.
    public int db() {
        return db;
    }

    /// Whether a client may call itself so: bytes from `!` to `~`, so that the name fits into a line of CLIENT LIST.
    static boolean isName(Bytes text) {
        for (int i = 0; i < text.length(); i++) if (text.at(i) < '!' || text.at(i) > '~') return false;
        return true;
    }

    /// Lets the client go once it has its answers; nothing more that it sent is run.
    void closeAfterReply() {
        isClosing = true;
        link.closeAfterReply();
    }

    /// Counts bytes for CLIENT LIST.
    public void countTraffic(long in, long out) {
        bytesIn += in;
        bytesOut += out;
    }
}
