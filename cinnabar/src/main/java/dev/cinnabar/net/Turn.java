package dev.cinnabar.net;

import dev.cinnabar.base.ByteBuilder;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// What one turn of a loop wrote, for all its connections: two buffers that they share, messages that go to
/// many, and who owns which stretch of them.
///
/// Owned by the loop's thread. Reused, so that a turn costs no garbage.
final class Turn {
    /*
     *   replies   [ A A A | B | A A | C ]        what handlers wrote, in one buffer, one after the other
     *   pushes    [ B | C ]                      what others pushed meanwhile, aside: a handler may still rewind
     *                                            the end of `replies` or patch a header in it
     *   messages  M → B, M → C, …                arrays that go to many connections and lie here once
     *
     *   entries   A: 0 → 2     B: 1 → 3    C: 4 → 5      one per connection: a chain of stretches, in the order of
     *   next      2  3  -  -  5  -                        writing, so that a connection costs one write(2) a turn
     */
    private static final int NONE = -1;
    private static final int FIRST_CAPACITY = 16 << 10; // bytes

    /// Buffers above this many bytes are let go after the turn.
    private static final int KEEP_CAPACITY = 2 << 20;

    ByteBuilder replies = new ByteBuilder(FIRST_CAPACITY);
    ByteBuilder pushes = new ByteBuilder(256);
    private ByteBuffer repliesView = ByteBuffer.wrap(replies.array());
    private ByteBuffer pushesView = ByteBuffer.wrap(pushes.array());

    private @Nullable Connection[] owners = new Connection[64];
    private int[] firsts = new int[64];
    private int[] lasts = new int[64];
    private int entries;

    private int[] froms = new int[64]; // ~from for a stretch of `pushes`
    private int[] tos = new int[64];
    private int[] nexts = new int[64];
    private byte[] @Nullable [] messages = new byte[64][]; // of a stretch that is in neither buffer
    private int stretches;
    private long messageBytes;
    private boolean repliesGivenAway;

    /// Which ticket holds this turn; see [EventLoop#release].
    long ticket;

    /// The turn held after this one.
    @Nullable
    Turn next;

    boolean isEmpty() {
        return entries == 0;
    }

    int size() {
        return entries;
    }

    /// The connection of an entry; null when nothing is left to do for it.
    @Nullable
    Connection owner(int entry) {
        return owners[entry];
    }

    /// How many bytes all connections together are to be sent.
    long length() {
        return replies.length() + pushes.length() + messageBytes;
    }

    /// Notes that `replies[from..to)` goes to this connection, after all that was noted for it before.
    void addReply(Connection owner, int from, int to) {
        add(owner, from, to);
    }

    /// Notes the same of `pushes[from..to)`.
    void addPush(Connection owner, int from, int to) {
        add(owner, ~from, to);
    }

    /// Notes that the whole array goes to this connection. It is not copied; nobody writes to it any more.
    void addMessage(Connection owner, byte[] message) {
        append(owner, 0, message.length);
        messages[stretches - 1] = message;
        messageBytes += message.length;
    }

    private void add(Connection owner, int from, int to) {
        int last = owner.turn == this ? lasts[owner.entry] : NONE;
        if (last != NONE && messages[last] == null && tos[last] == Math.max(from, ~from) && (froms[last] ^ from) >= 0) {
            tos[last] = to; // speed only: goes on, in the same buffer, where its last stretch ended
            return;
        }
        append(owner, from, to);
    }

    private void append(Connection owner, int from, int to) {
        if (stretches == froms.length) growStretches(); // first: nobody is entered without a stretch
        if (owner.turn != this) enter(owner);
        int last = lasts[owner.entry];
        int stretch = stretches++;
        froms[stretch] = from;
        tos[stretch] = to;
        nexts[stretch] = NONE;
        if (last == NONE) firsts[owner.entry] = stretch;
        else nexts[last] = stretch;
        lasts[owner.entry] = stretch;
    }

    private void enter(Connection owner) {
        if (entries == owners.length) growEntries();
        owners[entries] = owner;
        firsts[entries] = NONE;
        lasts[entries] = NONE;
        owner.turn = this;
        owner.entry = entries++;
    }

    // ---- reading it back ----

    int first(int entry) {
        return firsts[entry];
    }

    /// The stretch after this one, or negative at the end of the chain.
    int next(int stretch) {
        return nexts[stretch];
    }

    /// Whether the stretch is a message that lies in an array of its own.
    boolean isMessage(int stretch) {
        return messages[stretch] != null;
    }

    byte[] array(int stretch) {
        byte[] message = messages[stretch];
        if (message != null) return message;
        return froms[stretch] >= 0 ? replies.array() : pushes.array();
    }

    int from(int stretch) {
        int from = froms[stretch];
        return from >= 0 ? from : ~from;
    }

    int to(int stretch) {
        return tos[stretch];
    }

    /// A buffer over [#array], to write from; not for messages.
    ByteBuffer view(int stretch) {
        if (froms[stretch] < 0) {
            if (pushesView.array() != pushes.array()) pushesView = ByteBuffer.wrap(pushes.array());
            return pushesView;
        }
        if (repliesView.array() != replies.array()) repliesView = ByteBuffer.wrap(replies.array());
        return repliesView;
    }

    /// Whether a rest of this many bytes of a stretch is so much of the buffer that it is better to give the
    /// whole buffer away than to copy the rest. Answering yes gives it away: it is not written to again.
    boolean giveAway(int stretch, int rest) {
        if (froms[stretch] < 0
                || messages[stretch] != null
                || rest < OutputQueue.MAX_CHUNK
                || rest < replies.capacity() / 2) return false;
        repliesGivenAway = true;
        return true;
    }

    // ---- life ----

    /// This connection's part is sent, queued or void.
    void done(int entry) {
        Connection owner = owners[entry];
        if (owner != null && owner.turn == this) owner.turn = null;
        owners[entry] = null;
    }

    /// Forgets everything; to be used for another turn.
    void clear() {
        for (int i = 0; i < entries; i++) done(i);
        entries = 0;
        if (messageBytes > 0) Arrays.fill(messages, 0, stretches, null);
        messageBytes = 0;
        stretches = 0;
        if (repliesGivenAway) replies = new ByteBuilder(FIRST_CAPACITY);
        repliesGivenAway = false;
        replies.clear();
        pushes.clear();
        if (replies.capacity() > KEEP_CAPACITY) replies.trim(FIRST_CAPACITY);
        if (pushes.capacity() > KEEP_CAPACITY) pushes.trim(FIRST_CAPACITY);
        ticket = 0;
        next = null;
    }

    // all arrays are made before any is used: where there is no memory for one, they still are of one length

    private void growEntries() {
        Connection[] newOwners = Arrays.copyOf(owners, 2 * entries);
        int[] newFirsts = Arrays.copyOf(firsts, 2 * entries);
        int[] newLasts = Arrays.copyOf(lasts, 2 * entries);
        owners = newOwners;
        firsts = newFirsts;
        lasts = newLasts;
    }

    private void growStretches() {
        int[] newFroms = Arrays.copyOf(froms, 2 * stretches);
        int[] newTos = Arrays.copyOf(tos, 2 * stretches);
        int[] newNexts = Arrays.copyOf(nexts, 2 * stretches);
        byte[] @Nullable [] newMessages = Arrays.copyOf(messages, 2 * stretches);
        froms = newFroms;
        tos = newTos;
        nexts = newNexts;
        messages = newMessages;
    }
}
