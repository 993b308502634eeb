package dev.cinnabar.store;

import dev.cinnabar.base.Bytes;

/// What a database tells the engine of its own accord.
public interface KeyEvents {
    /// A key's time was over and the key was taken out. The window is valid during the call.
    void expired(Database db, Bytes key);

    /// A field's time was over and it is about to be taken out of its hash; the windows are valid during the
    /// call. [#fieldsExpired] follows when all are out that went together.
    default void fieldExpired(Database db, Bytes key, Bytes field) {}

    /// Fields were taken out of a hash.
    ///
    /// @param isGone whether they were the last, so that the key was taken out, too
    default void fieldsExpired(Database db, Bytes key, boolean isGone) {}

    /// A key or a field was given a time that is over before [Moment#timersDueMs].
    default void expiresSooner(long atMs) {}

    /// A key was given up because memory was short.
    void evicted(Database db, Bytes key);

    /// A key was made, or made anew (RENAME, COPY). Only told when [Moment#tellsNewKeys]. The window is valid
    /// during the call.
    default void created(Database db, Bytes key) {}
}
