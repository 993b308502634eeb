package dev.cinnabar.engine;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.config.KeyspaceEvents;

/// Publishes what happens to keys, to those who asked for it (`notify-keyspace-events`). Touched only under
/// the engine's lock.
///
/// ```
///    event `lpush` of key `k` in database 0  ─┬─► channel __keyspace@0__:k       message lpush     (class K)
///                                             └─► channel __keyevent@0__:lpush   message k         (class E)
/// ```
final class KeyspaceNotifications {
    private final PubSub pubSub;
    private final ByteBuilder text = new ByteBuilder();
    private final Bytes channel = new Bytes();
    private final Bytes event = new Bytes();

    KeyspaceNotifications(PubSub pubSub) {
        this.pubSub = pubSub;
    }

    /// Tells an event, if its class is among the classes. Allocates nothing when nobody listens to any
    /// channel or pattern that fits. Where there is no memory to tell it, those who may have missed it are
    /// closed.
    ///
    /// @param classes    bits of [KeyspaceEvents]
    /// @param eventClass a letter
    void tell(int classes, int db, Bytes key, String name, char eventClass) {
        if (pubSub.isDeaf() || (classes & KeyspaceEvents.bit(eventClass)) == 0) return;
        try {
            if ((classes & KeyspaceEvents.KEYSPACE) != 0) tellKeyspace(db, key, name);
            if ((classes & KeyspaceEvents.KEYEVENT) != 0) tellKeyevent(db, key, name);
            text.clear();
            text.trim(Engine.KEPT_BYTES); // a key may be long
        } catch (OutOfMemoryError e) {
            pubSub.missed();
        }
    }

    private void tellKeyspace(int db, Bytes key, String name) {
        text.clear();
        text.append(name).append("__keyspace@").append((long) db).append("__:").append(key);
        pubSub.publish(channelBehind(name.length()), event.set(text.array(), 0, name.length()));
    }

    private void tellKeyevent(int db, Bytes key, String name) {
        text.clear();
        text.append("__keyevent@").append((long) db).append("__:").append(name);
        pubSub.publish(channelBehind(0), key);
    }

    private Bytes channelBehind(int from) {
        return channel.set(text.array(), from, text.length() - from);
    }
}
