package dev.cinnabar.command;

/// To which chapter of the manual a command belongs; also its ACL category, and the class of the keyspace
/// events it causes.
public enum Group {
    GENERIC("generic", "keyspace", 'g'),
    STRING("string", "string", '$'),
    LIST("list", "list", 'l'),
    SET("set", "set", 's'),
    SORTED_SET("sorted-set", "sortedset", 'z'),
    HASH("hash", "hash", 'h'),
    STREAM("stream", "stream", 't'),
    BITMAP("bitmap", "bitmap", '$'),
    HYPERLOGLOG("hyperloglog", "hyperloglog", '$'),
    GEO("geo", "geo", 'z'),
    PUBSUB("pubsub", "", 'g'),
    TRANSACTIONS("transactions", "transaction", 'g'),
    CONNECTION("connection", "connection", 'g'),
    SERVER("server", "", 'g'),
    SCRIPTING("scripting", "scripting", 'g'),
    CLUSTER("cluster", "", 'g');

    private final String title;
    private final String category;
    private final char eventClass;

    Group(String title, String category, char eventClass) {
        this.title = title;
        this.category = category;
        this.eventClass = eventClass;
    }

    /// As COMMAND DOCS names it.
    public String title() {
        return title;
    }

    /// The ACL category, empty for none.
    public String category() {
        return category;
    }

    /// The letter of `notify-keyspace-events`.
    public char eventClass() {
        return eventClass;
    }
}
