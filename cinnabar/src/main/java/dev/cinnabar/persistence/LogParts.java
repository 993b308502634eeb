package dev.cinnabar.persistence;

import dev.cinnabar.base.Clock;
import dev.cinnabar.base.Log;
import dev.cinnabar.engine.Durability;
import dev.cinnabar.engine.SnapshotSource;
import java.util.concurrent.Executor;

/// What a log is given to live with, whichever way it begins.
///
/// @param directory  where its files lie; no other log's as long as it lives
/// @param settings   to begin with
/// @param source     of the image that a rewrite writes
/// @param durability is told what was released
/// @param clock      the machine's, even when the server's own is a virtual one: a disk does not wait for
///                   that
/// @param log        where it says what happens
/// @param background runs a rewrite: one long task at a time, on a thread of its own
public record LogParts(
        AofDirectory directory,
        AofSettings settings,
        SnapshotSource source,
        Durability durability,
        Clock clock,
        Log log,
        Executor background) {}
