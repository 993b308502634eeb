package dev.cinnabar.engine;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.command.Call;
import dev.cinnabar.command.Effects;
import dev.cinnabar.command.Words;
import dev.cinnabar.store.Database;
import org.jspecify.annotations.Nullable;

/// Tells the change log what has changed, in commands that do the same again, and binds those together that
/// belong together.
///
/// Touched only under the engine's lock.
final class Journal {
    private static final Bytes[] MULTI_CALL = {Bytes.of("MULTI")};
    private static final Bytes[] EXEC_CALL = {Bytes.of("EXEC")};

    private final Call outer;
    private final Bytes[] deletion = {Words.DEL, new Bytes()};
    private final Bytes[] fieldDeletion = {Words.HDEL, new Bytes(), new Bytes()};
    private ChangeLog log = ChangeLog.NONE;
    private boolean isGroupOpen; // MULTI was written to the log for the transaction that runs
    private boolean hasPromised; // since the batch began, a change that a client asked for was written

    /// @param outer the command that a client sent: in its database transactions begin and end
    Journal(Call outer) {
        this.outer = outer;
    }

    /// Where changes are written from now on. Neither log may end up with half a transaction: what of it
    /// comes now begins another.
    void log(ChangeLog log) {
        closeGroup();
        this.log = log;
    }

    ChangeLog log() {
        return log;
    }

    /// Begins a batch of commands.
    void beginBatch() {
        hasPromised = false;
    }

    /// Whether the batch has written a change that a client asked for and is told of. What expires or is
    /// evicted is promised to nobody: a server that starts without knowing of it does it again.
    boolean hasPromised() {
        return hasPromised;
    }

    /// Empties the outbox, the part for the log. What a body did that broke off, no words tell.
    void record(CommandEntry entry, Call call, boolean isInExec) {
        if (log == ChangeLog.NONE) return;
        if (call.outbox().isBrokenOff()) {
            log.missed(failed(entry));
            return;
        }
        int db = call.dbIndex();
        if (call.outbox().usesEffects()) {
            Effects effects = call.outbox().effects();
            if (effects.commands() == 0) return;
            openGroup(isInExec || effects.commands() > 1);
            effects.forEach((argc, argv) -> log.append(db, argc, argv));
        } else {
            openGroup(isInExec);
            append(db, call, entry.ownName());
        }
        if (!isInExec) closeGroup();
        hasPromised = true;
    }

    private static String failed(CommandEntry entry) {
        try {
            return "the command " + entry.fullName() + " failed after it had changed something";
        } catch (OutOfMemoryError e) {
            return "a command failed after it had changed something";
        }
    }

    /// Writes a command as the client said it, but under its own name: the log does not depend on
    /// `rename-command`, which may have given that name to another one.
    private void append(int db, Call call, @Nullable Bytes ownName) {
        Bytes[] argv = call.argv();
        Bytes said = argv[0];
        if (ownName != null) argv[0] = ownName;
        try {
            log.append(db, call.argc(), argv);
        } finally {
            argv[0] = said; // the array is the caller's, and its windows are used again
        }
    }

    /// Several changes that belong together are written as a transaction.
    private void openGroup(boolean hasSeveral) {
        if (isGroupOpen || !hasSeveral) return;
        log.append(outer.dbIndex(), 1, MULTI_CALL);
        isGroupOpen = true;
    }

    /// What belongs together has come to its end.
    void closeGroup() {
        if (!isGroupOpen) return;
        log.append(outer.dbIndex(), 1, EXEC_CALL);
        isGroupOpen = false;
    }

    // ---- what databases do of their own accord ----

    /// A key is gone that nobody deleted.
    void removed(Database db, Bytes key, boolean isInExec) {
        if (log == ChangeLog.NONE) return;
        deletion[1].set(key.array(), key.offset(), key.length());
        openGroup(isInExec);
        log.append(db.index(), 2, deletion);
        deletion[1].letGo(); // its page may be given back
    }

    /// A field of a hash is gone that nobody deleted.
    void removed(Database db, Bytes key, Bytes field, boolean isInExec) {
        if (log == ChangeLog.NONE) return;
        fieldDeletion[1].set(key.array(), key.offset(), key.length());
        fieldDeletion[2].set(field.array(), field.offset(), field.length());
        openGroup(isInExec);
        log.append(db.index(), 3, fieldDeletion);
        fieldDeletion[1].letGo();
        fieldDeletion[2].letGo();
    }
}
