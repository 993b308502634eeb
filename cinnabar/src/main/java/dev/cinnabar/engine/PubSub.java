package dev.cinnabar.engine;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Glob;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Who listens to which channel, and the sending of what is published. Touched only under the engine's lock.
///
/// Publishing to a channel that nobody listens to costs a lookup, and a comparison for each pattern; it
/// allocates nothing.
final class PubSub {
    /*
     * Two indexes of one relation, so that both questions are quick: who listens to this channel
     * (publishing), and what does this client listen to (its going away).
     *
     *   CHANNEL   "news"  → topic: clients in the order in which they came      client → its names, by sort
     *   PATTERN   "new*"  → topic
     *   SHARD     "news"  → topic
     *
     * A message is written once for each version of the protocol, not once for each reader: `*3 … ` for RESP2
     * and `>3 …` for RESP3, which differ in their first byte. That array is shared by all readers until the
     * last of them has it. Patterns are tried one after the other, O(patterns), as in Redis; whoever has
     * thousands of them pays for each message.
     */
    private static final int KEEP_BYTES = 1 << 16; // of the buffer in which messages are written

    private final Pushes pushes;
    private final Map<Subscription, Map<Bytes, Topic>> topics = new EnumMap<>(Subscription.class);
    private final Map<Bytes, Topic> channels;
    private final Map<Bytes, Topic> patterns;
    private final Map<Bytes, Topic> shards;
    private final ByteBuilder line = new ByteBuilder();
    private int clients;

    PubSub(Pushes pushes) {
        this.pushes = pushes;
        for (Subscription sort : Subscription.values()) topics.put(sort, new LinkedHashMap<>());
        this.channels = of(Subscription.CHANNEL);
        this.patterns = of(Subscription.PATTERN);
        this.shards = of(Subscription.SHARD);
    }

    private Map<Bytes, Topic> of(Subscription sort) {
        Map<Bytes, Topic> map = topics.get(sort);
        if (map == null) throw new IllegalStateException("no such sort: " + sort);
        return map;
    }

    /// A channel or a pattern that somebody listens to.
    private static final class Topic {
        final Bytes name;
        final Set<Session> listeners = new LinkedHashSet<>();

        Topic(Bytes name) {
            this.name = name;
        }
    }

    // ---- coming and going ----

    /// @return false when it listened already
    boolean subscribe(Session session, Subscription sort, Bytes name) {
        Subscriptions own = session.subscriptions;
        if (own == null) {
            own = new Subscriptions();
            session.subscriptions = own;
            clients++;
        }
        if (own.of(sort).contains(name)) return false;
        Bytes kept = Bytes.of(name.copy());
        own.of(sort).add(kept);
        of(sort).computeIfAbsent(kept, Topic::new).listeners.add(session);
        return true;
    }

    /// @return false when it did not listen
    boolean unsubscribe(Session session, Subscription sort, Bytes name) {
        Subscriptions own = session.subscriptions;
        if (own == null || !own.of(sort).remove(name)) return false;
        leave(session, sort, name);
        if (own.isEmpty()) forget(session);
        return true;
    }

    private void leave(Session session, Subscription sort, Bytes name) {
        Topic topic = of(sort).get(name);
        if (topic == null) throw new IllegalStateException("nobody listens to " + name);
        topic.listeners.remove(session);
        if (topic.listeners.isEmpty()) of(sort).remove(name);
    }

    /// Ends all that a client listens to.
    void unsubscribeAll(Session session) {
        Subscriptions own = session.subscriptions;
        if (own == null) return;
        for (Subscription sort : Subscription.values()) {
            for (Bytes name : own.of(sort)) leave(session, sort, name);
        }
        forget(session);
    }

    private void forget(Session session) {
        session.subscriptions = null;
        clients--;
    }

    // ---- asking ----

    /// How many clients listen to anything.
    int clients() {
        return clients;
    }

    /// How many channels, or patterns, somebody listens to.
    int topics(Subscription sort) {
        return of(sort).size();
    }

    /// Their names, in the order in which somebody began to listen.
    Collection<Bytes> names(Subscription sort) {
        List<Bytes> names = new ArrayList<>();
        for (Topic topic : of(sort).values()) names.add(topic.name);
        return names;
    }

    /// How many listen to it.
    int listeners(Subscription sort, Bytes name) {
        Topic topic = of(sort).get(name);
        return topic == null ? 0 : topic.listeners.size();
    }

    // ---- publishing ----

    /// Whether publishing to channels reaches nobody, whatever the channel.
    boolean isDeaf() {
        return channels.isEmpty() && patterns.isEmpty();
    }

    /// Sends a message to those who listen to the channel, then to those with a pattern that fits, in the
    /// order in which they came.
    ///
    /// @return to how many; who listens in two ways counts twice and gets it twice
    long publish(Bytes channel, Bytes message) {
        long receivers = 0;
        Topic topic = channels.get(channel);
        if (topic != null) receivers += send(topic, Subscription.CHANNEL, channel, message);
        if (patterns.isEmpty()) return receivers;
        for (Topic pattern : patterns.values()) {
            if (Glob.matches(pattern.name, channel)) receivers += send(pattern, Subscription.PATTERN, channel, message);
        }
        return receivers;
    }

    /// The same for a shard channel, which no pattern hears.
    long publishToShard(Bytes channel, Bytes message) {
        Topic topic = shards.get(channel);
        return topic == null ? 0 : send(topic, Subscription.SHARD, channel, message);
    }

    /// There is no memory to say what has happened: who listens to any channel or pattern may have missed it.
    void missed() {
        channels.values().forEach(this::missed);
        patterns.values().forEach(this::missed);
    }

    private void missed(Topic topic) {
        topic.listeners.forEach(pushes::missed);
    }

    private long send(Topic topic, Subscription sort, Bytes channel, Bytes message) {
        byte[] resp2 = null;
        byte[] resp3 = null;
        for (Session listener : topic.listeners) { // nobody leaves meanwhile: who is to be closed is closed later
            if (listener.isResp3) {
                if (resp3 == null) resp3 = written('>', topic, sort, channel, message);
                pushes.push(listener, resp3, topic.listeners.size());
            } else {
                if (resp2 == null) resp2 = written('*', topic, sort, channel, message);
                pushes.push(listener, resp2, topic.listeners.size());
            }
        }
        return topic.listeners.size();
    }

    private byte[] written(char type, Topic topic, Subscription sort, Bytes channel, Bytes message) {
        line.clear();
        line.append(type).append(sort == Subscription.PATTERN ? 4L : 3L).appendCrlf();
        line.append(sort.message());
        if (sort == Subscription.PATTERN) bulk(topic.name);
        bulk(channel);
        bulk(message);
        byte[] written = line.copy();
        line.trim(KEEP_BYTES);
        return written;
    }

    private void bulk(Bytes text) {
        line.append('$').append((long) text.length()).appendCrlf().append(text).appendCrlf();
    }
}
