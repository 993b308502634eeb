package dev.cinnabar.persistence;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Log;
import dev.cinnabar.engine.Replayer;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads a log directory at start and runs what it holds.
///
/// ```
///   manifest -> base (RDB or commands) -> increment -> increment …     all must be whole
///                                                      the last one    may be torn: is cut, or refused
/// ```
///
/// Commands run while their file is still being checked; when a check fails later, loading throws and the
/// server must not start, so nobody sees what ran. A transaction runs when its `EXEC` has been read, or not
/// at all.
public final class AofLoader {
    private final AofDirectory directory;
    private final boolean mayTruncate;
    private final Replayer replayer;
    private final LoadingProgress progress;
    private final Log log;

    private long commands;
    private long cutBytes;
    private long skipped;
    private @Nullable End unended; // the file before, if it was one of ours and has no end
    private long bytesBefore; // of the files that were read to their end

    /// @param mayTruncate the directive `aof-load-truncated`
    public AofLoader(
            AofDirectory directory, boolean mayTruncate, Replayer replayer, LoadingProgress progress, Log log) {
        this.directory = directory;
        this.mayTruncate = mayTruncate;
        this.replayer = replayer;
        this.progress = progress;
        this.log = log;
    }

    /// Loads everything. Once.
    ///
    /// @throws DamagedLog when something does not check out; what ran so far must not be served
    public LoadResult load() throws IOException, DamagedLog {
        List<Manifest.Entry> files = directory.manifest().live();
        progress.begin(directory.size());
        long baseBytes = 0;
        LoadResult.Tail tail = null;
        for (int i = 0; i < files.size(); i++) {
            Manifest.Entry entry = files.get(i);
            progress.reading(entry.name());
            tail = load(entry, i == files.size() - 1);
            if (entry.type() == Manifest.Type.BASE) baseBytes = bytesBefore;
        }
        if (skipped > 0) {
            log.warning("Passed over " + skipped
                    + " commands of the imported file, which is kept when the log is rewritten");
        }
        return new LoadResult(commands, cutBytes, skipped, baseBytes, bytesBefore, tail);
    }

    /// Loads one file.
    ///
    /// @return where it ends, if it is an increment, which can be continued
    private LoadResult.@Nullable Tail load(Manifest.Entry entry, boolean isLast) throws IOException, DamagedLog {
        try (DiskFile file = directory.disk().openForReading(directory.path(entry.name()))) {
            long from = RdbReader.isRdb(file) ? image(file, entry.name()) : 0;
            replayer.beginFile();
            LogReader reader = new LogReader(file, entry.name(), from);
            long end = run(reader, entry);
            checkComplete(reader, entry, end);
            if (end < reader.size()) cut(reader.size() - end, reader, entry, end, isLast);
            bytesBefore += end;
            progress.loaded(bytesBefore);
            if (!isLast || entry.type() != Manifest.Type.INCREMENT) return null;
            return new LoadResult.Tail(
                    entry, end, reader.checksumAt(end), end - reader.coveredTo(), reader.isGrouped());
        }
    }

    /// Reads an RDB image into the store.
    ///
    /// @return where it ends
    private long image(DiskFile file, String name) throws IOException, DamagedLog {
        RdbReader reader = new RdbReader(file, name, replayer::database, at -> {
                    replayer.pause();
                    progress.loaded(bytesBefore + at);
                })
                .telling(progress, log);
        long end = reader.read();
        commands += reader.keys();
        return end;
    }

    /// Runs the commands of a file.
    ///
    /// @return the end of the last one that is whole
    private long run(LogReader reader, Manifest.Entry entry) throws IOException, DamagedLog {
        boolean isLenient = directory.isImported(entry);
        Transaction transaction = null;
        while (true) {
            LogReader.Item item = reader.next();
            switch (item) {
                case COMMAND -> {
                    Bytes name = reader.argv()[0];
                    if (reader.argc() == 1 && name.isWord("MULTI")) {
                        if (transaction != null) throw damaged(reader, entry, "MULTI inside a transaction");
                        transaction = new Transaction(reader.itemStart());
                    } else if (reader.argc() == 1 && name.isWord("EXEC")) {
                        if (transaction == null) throw damaged(reader, entry, "EXEC without MULTI");
                        transaction.forEach((argc, argv) -> replay(argc, argv, reader, entry, isLenient));
                        transaction = null;
                    } else if (transaction != null) {
                        transaction.add(reader.argc(), reader.argv());
                    } else {
                        replay(reader.argc(), reader.argv(), reader, entry, isLenient);
                    }
                    progress.passing(bytesBefore + reader.itemStart());
                }
                case LINE -> {}
                default -> {
                    if (transaction == null) return reader.itemStart();
                    if (transaction.start < reader.coveredTo()) {
                        throw new DamagedLog(
                                entry.name(),
                                transaction.start,
                                "a transaction without its end, followed by a checksum");
                    }
                    return transaction.start;
                }
            }
        }
    }

    private void replay(int argc, Bytes[] argv, LogReader reader, Manifest.Entry entry, boolean isLenient)
            throws DamagedLog {
        switch (replayer.run(argc, argv)) {
            case APPLIED -> commands++;
            case NOT_A_WRITE -> {}
            default -> {
                String error = replayer.error();
                if (!isLenient) throw damaged(reader, entry, error);
                if (skipped++ == 0) {
                    log.warning(entry.name() + ", offset " + reader.itemStart() + ": passed over a command: " + error);
                }
            }
        }
    }

    // ---- the end of a file ----

    private void cut(long bytes, LogReader reader, Manifest.Entry entry, long end, boolean isLast)
            throws IOException, DamagedLog {
        String why = reader.tornBecause().isEmpty() ? "the file ends inside a transaction" : reader.tornBecause();
        if (!isLast) throw new DamagedLog(entry.name(), end, why + ", and it is not the last file");
        if (!mayTruncate) {
            throw new DamagedLog(
                    entry.name(),
                    end,
                    end,
                    why + ". Set aof-load-truncated to yes, or run cinnabar-check-aof --fix, to cut it there");
        }
        cutBytes = bytes;
        log.warning(entry.name() + ": " + why + ". The last " + cutBytes + " bytes, from offset " + end
                + " on, are cut: they are no whole command");
        try (DiskFile file = directory.disk().open(directory.path(entry.name()))) {
            file.truncate(end);
            file.sync();
        }
    }

    /// A file that is followed by another one of ours was completed with an #END line before that was begun;
    /// without one, it was cut short. (Redis, which may have used the directory in between, writes neither
    /// this nor a first line.)
    private void checkComplete(LogReader reader, Manifest.Entry entry, long end) throws DamagedLog {
        if (reader.isOurs() && unended != null) {
            throw new DamagedLog(unended.entry.name(), unended.length, "its end is missing: it was cut short");
        }
        boolean isCutShort = reader.isChecksummed() && !reader.hasEnded();
        if (isCutShort && entry.type() == Manifest.Type.BASE) {
            throw new DamagedLog(entry.name(), end, "the end of the base is missing: it was cut short");
        }
        // An empty base is how Redis begins without an RDB preamble; ours never are. Which it is, the next file tells.
        boolean isEmptyBase = end == 0 && entry.type() == Manifest.Type.BASE && !directory.isImported(entry);
        unended = isCutShort || isEmptyBase ? new End(entry, end) : null;
    }

    private record End(Manifest.Entry entry, long length) {}

    private static DamagedLog damaged(LogReader reader, Manifest.Entry entry, String why) {
        return new DamagedLog(entry.name(), reader.itemStart(), why);
    }

    /// The commands between MULTI and EXEC, copied, as the reader's windows do not last so long.
    private static final class Transaction {
        final long start;
        private final ByteBuilder bytes = new ByteBuilder();
        private int[] lengths = new int[64]; // argc, then that many lengths, and so on
        private int used;

        Transaction(long start) {
            this.start = start;
        }

        interface Visitor {
            void command(int argc, Bytes[] argv) throws DamagedLog;
        }

        void add(int argc, Bytes[] argv) {
            if (lengths.length - used <= argc) lengths = Arrays.copyOf(lengths, 2 * (used + argc));
            lengths[used++] = argc;
            for (int i = 0; i < argc; i++) {
                lengths[used++] = argv[i].length();
                bytes.append(argv[i]);
            }
        }

        void forEach(Visitor visitor) throws DamagedLog {
            int offset = 0;
            for (int i = 0; i < used; ) {
                Bytes[] argv = new Bytes[lengths[i++]];
                for (int a = 0; a < argv.length; a++) {
                    argv[a] = new Bytes(bytes.array(), offset, lengths[i]);
                    offset += lengths[i++];
                }
                visitor.command(argv.length, argv);
            }
        }
    }
}
