package dev.cinnabar.store;

import dev.cinnabar.memory.Pages;
import dev.cinnabar.struct.Dict;
import dev.cinnabar.struct.Records;
import java.util.List;

/// An image of all databases as they were at one moment, written while they go on changing. See the chapter of this room.
///
/// Belongs to the engine of its databases and is touched only under its lock; a slice takes as long as its budget says.
public final class Snapshot {
    /*
     * Records lie in the order of their hashes. `reached` is the hash up to which the walker has been:
     *
     *   |■■■■■■■■■■■■■■■■|··········▲····▲······|
     *   0             reached       writers
     *
     * Below, writers are free: those records were handed over. Above, a writer that is about to change a record hands over the old
     * image first and marks the record [Records#IMAGED]; new records are marked at birth. The walker skips marked ones, and takes the
     * mark off. So each key that existed at the beginning is handed over once, as it was then, and no other is.
     */

    /// Takes the images.
    public interface Sink {
        /// @param index   the number of the database, as it was when the snapshot began
        /// @param db      where the record is, to be read only
        /// @param address of the record; valid during the call
        void image(int index, Database db, long address);
    }

    private final List<Database> databases;
    private final Sink sink;
    private int current;
    private int visited; // in this slice
    private long reached; // a hash in the current db
    private boolean isAborted;

    Snapshot(List<Database> databases, Sink sink) {
        this.databases = databases;
        this.sink = sink;
        for (Database db : databases) db.beginSnapshot(this);
        skipEmpty();
    }

    /// Hands over the next records.
    ///
    /// @param records about how many
    /// @return whether there are more
    public boolean next(int records) {
        visited = 0;
        while (visited < records && current < databases.size()) {
            Database db = databases.get(current);
            Dict dict = db.dict();
            reached = dict.scan(reached, this::pass);
            visited++; // an empty bucket is work, too
            if (reached == 0) finish(db);
        }
        return current < databases.size();
    }

    /// Whether there is more to hand over.
    boolean isRunning() {
        return current < databases.size();
    }

    /// Lets the rest of the image go: the walk goes on, only to take the marks off, and hands over nothing.
    public void abort() {
        isAborted = true;
    }

    private void pass(long address) {
        visited++;
        Database db = databases.get(current);
        byte[] page = db.pages().array(address);
        int at = Pages.offset(address);
        if (Records.has(page, at, Records.IMAGED)) Records.clearFlag(page, at, Records.IMAGED);
        else if (!isAborted) sink.image(db.imageIndex(), db, address);
    }

    private void finish(Database db) {
        db.endSnapshot();
        current++;
        skipEmpty();
    }

    private void skipEmpty() {
        reached = 0;
        while (current < databases.size() && databases.get(current).dict().size() == 0) {
            databases.get(current++).endSnapshot();
        }
    }

    /// Whether the record was not handed over yet.
    private boolean isAhead(Database db, long hash) {
        return db != databases.get(current) || Long.compareUnsigned(hash, reached) >= 0;
    }

    /// A writer is about to change or remove a record.
    void beforeChange(Database db, long address, long hash) {
        byte[] page = db.pages().array(address);
        int at = Pages.offset(address);
        if (Records.has(page, at, Records.IMAGED) || !isAhead(db, hash)) return;
        if (!isAborted) sink.image(db.imageIndex(), db, address);
        Records.setFlag(page, at, Records.IMAGED);
    }

    /// The flags with which a new record is born.
    int birthFlags(Database db, long hash) {
        return isAhead(db, hash) ? Records.IMAGED : 0;
    }
}
