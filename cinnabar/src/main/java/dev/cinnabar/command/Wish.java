package dev.cinnabar.command;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.store.Database;

/// What a call waits for in its keys, as far as that can be told without running it.
///
/// Speed only: a call that is run in vain goes on waiting. But thousands may wait for one key, and only one
/// of them be helped.
public interface Wish {
    /// Of a call that has to be run to find out.
    Wish ANY_CHANGE = (db, key) -> Long.MIN_VALUE;

    /// From when on what is there now may answer the call, in ms since 1970: a time that is past for at once,
    /// [Long#MAX_VALUE] when only a change can help it.
    ///
    /// @param key one of the call's keys, which has changed, or is gone
    long answeredFromMs(Database db, Bytes key);
}
