package dev.cinnabar.store;

import dev.cinnabar.memory.Pages;
import dev.cinnabar.struct.Dict;
import dev.cinnabar.struct.Records;

/// A walk over a table that shows every record as it was when the walk began, while writers go on changing
/// the table. The keys of a database are walked so, and the members of a large hash, set or sorted set.
///
/// Belongs to the owner of the table, who tells it of every change before it happens. Touched only under the
/// engine's lock.
final class TableWalk implements Dict.Walk {
    /*
     * Records lie in the order of their hashes. `reached` is the position up to which the walk has been:
     *
     *   |■■■■■■■■■■■■■■■■|··········▲····▲······|
     *   0             reached       writers
     *
     * Below, writers are free: those records were shown. Above, a writer that is about to change or remove a
     * record shows the old one first and marks it [Records#IMAGED]; new records are marked at birth. The walk
     * skips marked ones, and takes the mark off. So each record of the beginning is shown once, as it was
     * then, and no other is; and at the end no mark is left. A record that comes from below to above, for the
     * table gets another order, is marked, too.
     */
    private final Pages pages;
    private final Dict dict;
    private final Dict.Visitor image;
    private final Dict.Visitor pass = this::pass;
    private long reached; // what the table has answered
    private int passed; // records of this bucket

    /// @param image is shown the records; called from [#next] and from [#beforeChange], so in the middle of a
    ///              change: it only reads
    TableWalk(Pages pages, Dict dict, Dict.Visitor image) {
        this.pages = pages;
        this.dict = dict;
        this.image = image;
        dict.pin(this);
    }

    /// The walk is over, or given up.
    void end() {
        dict.unpin();
    }

    /// Goes over the next bucket.
    ///
    /// @return whether there are more
    boolean next(Slice slice) {
        passed = 1; // an empty bucket is work, too
        reached = dict.scan(reached, pass);
        slice.spend(passed);
        return reached != 0;
    }

    private void pass(long address) {
        passed++;
        byte[] page = pages.array(address);
        int at = Pages.offset(address);
        if (Records.has(page, at, Records.IMAGED)) Records.clearFlag(page, at, Records.IMAGED);
        else image.visit(address);
    }

    @Override
    public long reached() {
        return reached;
    }

    @Override
    public void willMeetAgain(long address) {
        Records.setFlag(pages.array(address), Pages.offset(address), Records.IMAGED);
    }

    private boolean isAhead(long hash) {
        return dict.isAhead(hash, reached);
    }

    /// A writer is about to change or remove a record.
    void beforeChange(long address, long hash) {
        byte[] page = pages.array(address);
        int at = Pages.offset(address);
        if (Records.has(page, at, Records.IMAGED) || !isAhead(hash)) return;
        image.visit(address);
        Records.setFlag(page, at, Records.IMAGED);
    }

    /// The flags with which a new record is born.
    int birthFlags(long hash) {
        return isAhead(hash) ? Records.IMAGED : 0;
    }
}
