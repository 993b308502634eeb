package dev.cinnabar.engine;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.StoredBytes;
import dev.cinnabar.command.Call;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One client as the engine sees it: what it selected, what it queued, what it is allowed. Knows no socket.
/// Touched only under the engine's lock.
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

    /// The one user that there is.
    static final String DEFAULT_USER = "default";

    /// The error for a name that is none.
    static final String NOT_A_NAME = "ERR Client names cannot contain spaces, newlines or special characters.";

    /// What CLIENT LIST calls the last command where it was unknown, or there was none.
    static final String NO_COMMAND = "NULL";

    private final long id;
    private final Engine engine;
    private final Origin origin;
    private final Link link;
    private final long createdMs;

    int db;
    boolean isResp3;
    boolean hasLoggedIn; // or came when no password was asked for; see mayEnter()
    boolean isMonitor;
    boolean isNoEvict;
    boolean isNoTouch;
    boolean isClosing;
    boolean isMuted; // CLIENT REPLY OFF
    boolean skipsNextReply; // CLIENT REPLY SKIP, until the command that said it is over
    boolean skipsReply; // the same for the command that runs now
    String name = "";
    String libraryName = "";
    String libraryVersion = "";
    String lastCommand = NO_COMMAND;
    long lastUsedMs;
    long unsentBytes; // when it was last asked whether the client is idle
    long bytesIn;
    long bytesOut;
    long commands;

    @Nullable
    Subscriptions subscriptions; // null while it listens to nothing

    private @Nullable ByteBuilder keptPushes; // the last that there were
    private boolean keepsPushes;

    boolean isDoomed; // reads too slowly: is closed when the command that noticed it is over
    long slowSinceMs; // since when it is over its soft limit, 0 while it is not
    long countedOutput; // bytes that waited for it when OutputLimits counted last
    final OutputLimits.Fresh freshOutput = new OutputLimits.Fresh();

    @Nullable
    List<QueuedCall> queue; // since MULTI

    long queuedBytes; // of its words, taken from the budget
    long watchedBytes; // of the names of the keys that it watches, the same

    boolean hasQueueFailed; // a command could not be queued: EXEC will refuse
    boolean isDirty; // a watched key was changed
    final List<Watch> watched = new ArrayList<>(0);

    boolean isWaiting; // for a key, or for the end of a pause: no other command of it is run meanwhile

    /// What WAITAOF waits for: the log, and how far it was.
    @Nullable
    ChangeLog awaitedLog;

    long awaitedOffset;

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

    /// A key that WATCH named.
    ///
    /// @param wasOver whether its time was over then already, and it was there only because a pause lets
    ///                nothing expire
    record Watch(WatchedKey key, boolean wasOver) {
        boolean isOf(WatchedKey other) {
            return key.equals(other);
        }
    }

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

    /// How many bytes it has sent that were not used up yet, is still to be sent, and has queued since MULTI.
    long heldBytes() {
        return link.inputBytes() + link.outputBytes() + queuedBytes;
    }

    /// As whom the client is logged in, or would be.
    public String user() {
        return DEFAULT_USER;
    }

    /// What kind of client CLIENT LIST and CLIENT KILL take it for.
    ClientType type() {
        return subscriptions == null ? ClientType.NORMAL : ClientType.PUBSUB;
    }

    /// Whether it may use but a few commands: one of RESP2, where a message could not be told from a reply.
    boolean isInSubscriberMode() {
        return subscriptions != null && !isResp3;
    }

    /// How many channels, patterns or shard channels it listens to.
    int subscriptions(Subscription sort) {
        Subscriptions own = subscriptions;
        return own == null ? 0 : own.of(sort).size();
    }

    public boolean isResp3() {
        return isResp3;
    }

    /// Whether the client may do more than log in: because it has, or because no password is asked for.
    public boolean mayEnter() {
        return hasLoggedIn || engine.settings().password.isEmpty();
    }

    /// Whether the connection is being closed, so that nothing more that it sent is run.
    public boolean isClosing() {
        return isClosing;
    }

    /// The database that is selected.
    public int db() {
        return db;
    }

    /// Whether an address is a unix socket's: a path with `:0` behind.
    static boolean isUnix(String address) {
        return address.endsWith(":0");
    }

    /// Where pushes go while a command of this client is run, to be sent behind the reply; null at other
    /// times.
    @Nullable
    ByteBuilder keptPushes() {
        return keepsPushes ? keptPushes : null;
    }

    void keepPushes(ByteBuilder kept) {
        if (keptPushes != kept) keptPushes = kept; // speed only: to store a reference costs a barrier of the collector
        keepsPushes = true;
    }

    void keepNoPushes() {
        keepsPushes = false;
    }

    /// Points a call at a command of this client's, in its database and its version of the protocol. The only
    /// place that does, so that no way to the body forgets what the client has said of itself.
    ///
    /// @param mayWait whether the command may go on waiting when it finds nothing to answer
    void begin(Call call, int argc, Bytes[] argv, ByteBuilder out, boolean mayWait) {
        call.begin(this, db, argc, argv, out, isResp3);
        call.touches(!isNoTouch);
        call.mayWait(mayWait);
        call.mustObey(origin == Origin.REPLAY);
    }

    /// Becomes what another client has said of itself.
    void takeOver(Session other) {
        db = other.db;
        isResp3 = other.isResp3;
        hasLoggedIn = other.hasLoggedIn;
        isNoEvict = other.isNoEvict;
        isNoTouch = other.isNoTouch;
        isMuted = other.isMuted;
        name = other.name;
        libraryName = other.libraryName;
        libraryVersion = other.libraryVersion;
    }

    /// Whether what is answered now is not sent: CLIENT REPLY.
    boolean hidesReply() {
        return isMuted || skipsReply;
    }

    /// A command is over, and so is the skipping of its reply.
    void replyIsOver() {
        skipsReply = skipsNextReply;
        skipsNextReply = false;
    }

    /// Whether a client may call itself so: bytes from `!` to `~`, so that the name fits into a line of
    /// CLIENT LIST.
    static boolean isName(Bytes text) {
        for (int i = 0; i < text.length(); i++) if (text.at(i) < '!' || text.at(i) > '~') return false;
        return true;
    }

    /// Lets the client go once it has its answers; nothing more that it sent is run.
    void closeAfterReply() {
        isClosing = true;
        link.closeAfterReply();
    }

    /// Whether the client has taken some of what it is sent since this was last asked.
    boolean hasFetched() {
        long unsent = link.outputBytes();
        boolean hasFetched = unsent != unsentBytes;
        unsentBytes = unsent;
        return hasFetched;
    }

    /// Counts bytes for CLIENT LIST.
    public void countTraffic(long in, long out) {
        bytesIn += in;
        bytesOut += out;
    }
}
