package dev.cinnabar.command;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.store.Database;

/// What a call waits for in its keys, as far as that can be told without running it.
///
/// Speed only: a call that is run in vain goes on waiting. But thousands may wait for one key, and only one
/// of them be helped.
public interface Wish {
    /// The type of key that a call waits for: while there is another one, nothing can help it.
    enum Type {
        LIST("list"),
        ZSET("zset"),
        STREAM("stream"),
        /// Whatever the key is.
        ANY("");

        private final String name;

        Type(String name) {
            this.name = name;
        }

        /// @param type as TYPE answers it
        public boolean fits(String type) {
            return this == ANY || name.equals(type);
        }
    }

    /// Of a call that has to be run to find out.
    Wish ANY_CHANGE = (db, key) -> Long.MIN_VALUE;

    Wish LIST = any(Type.LIST);
    Wish ZSET = any(Type.ZSET);

    private static Wish any(Type type) {
        return new Wish() {
            @Override
            public long answeredFromMs(Database db, Bytes key) {
                return Long.MIN_VALUE;
            }

            @Override
            public Type type() {
                return type;
            }
        };
    }

    default Type type() {
        return Type.ANY;
    }

    /// From when on what is there now may answer the call, in ms since 1970: a time that is past for at once,
    /// [Long#MAX_VALUE] when only a change can help it.
    ///
    /// @param key one of the call's keys, which has changed, or is gone
    long answeredFromMs(Database db, Bytes key);
}
