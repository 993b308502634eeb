package dev.cinnabar.persistence;

import dev.cinnabar.base.Log;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The directory in which a log lives, and its manifest. Changes to it are made in an order in which a crash
/// between any two steps leaves a directory that says what it holds.
///
/// ```
///   dir/appendonlydir/appendonly.aof.manifest          what counts; replaced in one step
///                     appendonly.aof.2.base.aof
///                     appendonly.aof.3.incr.aof
///                     temp-…                            not finished; deleted at the next start
///                     appendonly.aof.reserve            room set aside, see Reserve
/// ```
///
/// Used by one thread at a time: the one that starts the server, then the one that rewrites.
public final class AofDirectory {
    /// How names begin of files that are not finished.
    static final String TEMP = "temp-";

    private final Disk disk;
    private final Path directory;
    private final String fileName;
    private final Log log;
    private volatile Manifest manifest = Manifest.EMPTY;

    private AofDirectory(Disk disk, Path directory, String fileName, Log log) {
        this.disk = disk;
        this.directory = directory;
        this.fileName = fileName;
        this.log = log;
    }

    /// Opens the log directory to load what it holds, creating it when it is missing; takes over a log of one
    /// file that lies in `dir` (as Redis up to 6 keeps it) as the base; removes what an interrupted rewrite
    /// left.
    ///
    /// @param dir           the directive `dir`
    /// @param directoryName the directive `appenddirname`
    /// @param fileName      the directive `appendfilename`
    /// @throws DamagedLog when the manifest does not check out or a file that it names is missing
    public static AofDirectory open(Disk disk, Path dir, String directoryName, String fileName, Log log)
            throws IOException, DamagedLog {
        return open(disk, dir, directoryName, fileName, log, true);
    }

    /// The same for a log that is about to be written anew, from what is in memory: a log of one file was
    /// never loaded then, and stays where it is, for whoever wants to load it yet.
    public static AofDirectory openToReplace(Disk disk, Path dir, String directoryName, String fileName, Log log)
            throws IOException, DamagedLog {
        return open(disk, dir, directoryName, fileName, log, false);
    }

    private static AofDirectory open(
            Disk disk, Path dir, String directoryName, String fileName, Log log, boolean takesOver)
            throws IOException, DamagedLog {
        AofDirectory opened = new AofDirectory(disk, dir.resolve(directoryName), fileName, log);
        disk.makeDirectory(opened.directory);
        disk.syncDirectory(dir);
        boolean isKnown = disk.exists(opened.manifestPath());
        if (isKnown) opened.manifest = read(disk, opened.manifestPath());
        if (!isKnown) opened.refuseOrphans();
        Path single = dir.resolve(fileName);
        if (takesOver) opened.takeOver(single, isKnown);
        else if (!isKnown && disk.exists(single))
            log.warning("The append only file " + single + " was not loaded, and is left as it is");
        opened.checkFiles();
        opened.sweep();
        return opened;
    }

    /// Looks at a directory without changing anything in it.
    ///
    /// @param fileName of a manifest, without `.manifest`
    static AofDirectory inspect(Disk disk, Path directory, String fileName, Manifest manifest, Log log)
            throws DamagedLog {
        AofDirectory looked = new AofDirectory(disk, directory, fileName, log);
        looked.manifest = manifest;
        looked.checkFiles();
        return looked;
    }

    static Manifest read(Disk disk, Path path) throws IOException, DamagedLog {
        try (DiskFile file = disk.openForReading(path)) {
            ByteBuffer content = ByteBuffer.allocate((int) Math.min(file.size(), 1 << 26));
            while (content.hasRemaining() && file.read(content, content.position()) > 0) {}
            return Manifest.parse(content.array(), path.getFileName().toString());
        }
    }

    /// Makes a single-file log the base. First the manifest names it, then it moves: after a crash in
    /// between, the manifest names nothing but a file that is missing here and lies there, and the move is
    /// made up for.
    private void takeOver(Path single, boolean isKnown) throws IOException, DamagedLog {
        Manifest.Entry asBase = new Manifest.Entry(fileName, 1, Manifest.Type.BASE);
        boolean wasInterrupted = manifest.equals(new Manifest(List.of(asBase))) && !disk.exists(path(fileName));
        if (isKnown && !wasInterrupted || !disk.exists(single)) return;

        if (!isKnown) replace(new Manifest(List.of(asBase)));
        disk.rename(single, path(fileName));
        disk.syncDirectory(directory);
        Path parent = single.toAbsolutePath().getParent();
        if (parent != null) disk.syncDirectory(parent);
        log.notice("Took over the append only file " + single + " as the base in " + directory);
    }

    private void checkFiles() throws DamagedLog {
        for (Manifest.Entry e : manifest.live()) {
            if (!disk.exists(path(e.name()))) {
                throw new DamagedLog(
                        manifestPath().getFileName().toString(), -1, "it names " + e.name() + ", which is missing");
            }
        }
    }

    /// Removes what is left over: history, temporary files, and files of a rewrite that did not get into the
    /// manifest.
    private void sweep() throws IOException {
        deleteHistory();
        Set<String> named = new HashSet<>();
        manifest.entries().forEach(e -> named.add(e.name()));
        for (String name : disk.list(directory)) {
            if (named.contains(name)) continue;
            Matcher m = numbered(name);
            if (name.startsWith(TEMP + fileName + ".") || m.matches() && isUnfinished(m)) disk.delete(path(name));
            else if (m.matches()) log.warning("The manifest does not name " + name + "; it is left alone");
        }
    }

    /// Without a manifest nobody knows what the files are that lie here; asked before anything is changed.
    private void refuseOrphans() throws IOException, DamagedLog {
        for (String name : disk.list(directory)) {
            Matcher m = numbered(name);
            if (!m.matches() || isUnfinished(m)) continue;
            throw new DamagedLog(
                    manifestPath().getFileName().toString(), -1, "it is missing, but " + name + " is there");
        }
    }

    /// A name as a rewrite gives it; the number is group 1, the type group 2.
    private Matcher numbered(String name) {
        return Pattern.compile(Pattern.quote(fileName) + "\\.(\\d{1,18})\\.(base|incr)\\.(aof|rdb)")
                .matcher(name);
    }

    /// Whether a file that the manifest does not name was about to become the next base or increment. An
    /// increment is named before anything is written to it.
    private boolean isUnfinished(Matcher name) throws IOException {
        if (name.group(2).equals("base")) {
            return manifest.base().isPresent()
                    && Long.parseLong(name.group(1)) > manifest.base().get().seq();
        }
        try (DiskFile file = disk.openForReading(path(name.group()))) {
            return file.size() <= Checksum.FIRST_LINE;
        }
    }

    /// Deletes the files that the manifest calls history, and then forgets them.
    void deleteHistory() throws IOException {
        if (manifest.history().isEmpty()) return;
        for (Manifest.Entry e : manifest.history()) disk.delete(path(e.name()));
        replace(manifest.withoutHistory());
    }

    /// Lets an imported file of which not everything was understood stay where it is when it becomes history.
    void spareImported() throws IOException {
        List<Manifest.Entry> kept = manifest.entries().stream()
                .filter(e -> !e.name().equals(fileName))
                .toList();
        if (kept.size() == manifest.entries().size()) return;
        replace(new Manifest(kept));
        log.notice(path(fileName) + " is not part of the append only file any more; it is kept");
    }

    /// Puts another manifest in place of the present one, in one step that survives a power cut when this
    /// returns.
    ///
    /// @throws Unsure when the new manifest is in place but perhaps not for good
    void replace(Manifest next) throws IOException {
        Path temp = directory.resolve(TEMP + manifestPath().getFileName());
        disk.delete(temp);
        try (DiskFile file = disk.create(temp)) {
            file.writeAll(ByteBuffer.wrap(next.format()), 0);
            file.sync();
        }
        disk.rename(temp, manifestPath());
        manifest = next;
        try {
            disk.syncDirectory(directory);
        } catch (IOException e) {
            throw new Unsure(e);
        }
    }

    /// The new manifest was put in place, but whether it or the old one is there after a power cut nobody
    /// knows.
    static final class Unsure extends IOException {
        private static final long serialVersionUID = 1;

        Unsure(IOException cause) {
            super(cause.getMessage(), cause);
        }
    }

    Disk disk() {
        return disk;
    }

    Manifest manifest() {
        return manifest;
    }

    Path path(String name) {
        return directory.resolve(name);
    }

    Path path() {
        return directory;
    }

    Path manifestPath() {
        return directory.resolve(fileName + ".manifest");
    }

    Path reservePath() {
        return directory.resolve(fileName + ".reserve");
    }

    Path temporary(String name) {
        return directory.resolve(TEMP + name);
    }

    /// Whether this is a file taken over from a server that keeps one file: its commands may be ones that we
    /// do not know.
    boolean isImported(Manifest.Entry entry) {
        return entry.type() == Manifest.Type.BASE && entry.name().equals(fileName);
    }

    /// The next base of ours; nothing is created.
    Manifest.Entry nextBase() {
        long seq = Math.max(manifest.lastSeq(Manifest.Type.BASE), maxHistory(".base.")) + 1;
        return new Manifest.Entry(fileName + "." + seq + ".base.aof", seq, Manifest.Type.BASE);
    }

    /// The next increment; nothing is created.
    Manifest.Entry nextIncrement() {
        long seq = Math.max(manifest.lastSeq(Manifest.Type.INCREMENT), maxHistory(".incr.")) + 1;
        while (disk.exists(path(increment(seq).name()))) seq++;
        return increment(seq);
    }

    private Manifest.Entry increment(long seq) {
        return new Manifest.Entry(fileName + "." + seq + ".incr.aof", seq, Manifest.Type.INCREMENT);
    }

    private long maxHistory(String sort) {
        return manifest.history().stream()
                .filter(e -> e.name().contains(sort))
                .mapToLong(Manifest.Entry::seq)
                .max()
                .orElse(0);
    }

    /// How many bytes the files of the log hold.
    long size() throws IOException {
        long size = 0;
        for (Manifest.Entry e : manifest.live()) {
            try (DiskFile file = disk.openForReading(path(e.name()))) {
                size += file.size();
            }
        }
        return size;
    }
}
