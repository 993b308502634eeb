package dev.cinnabar.persistence;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Log;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.engine.Replayer;
import dev.cinnabar.memory.Budget;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.KeyEvents;
import dev.cinnabar.store.Store;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// `cinnabar-check-aof`: reads a log as the server would at start, runs nothing, and says whether it checks
/// out.
///
/// ```
///   cinnabar-check-aof [--fix [--yes]] <directory | manifest | file>
/// ```
///
/// Exit status 0: all is well, or is so after `--fix`; 1: it is not; 2: the command line makes no sense.
/// `--fix` cuts the last file behind what is good, after asking; nothing else can be repaired without
/// inventing data.
public final class CheckAof {
    private static final String USAGE = "usage: cinnabar-check-aof [--fix [--yes]] <directory | manifest | file>";

    private static final String HELP = """

            Reads an append-only file as the server would at its start, and says whether all of it
            is there and where it is damaged. Not while a server writes to it.

                   --fix   cuts the last file behind what is good, after asking; what was logged
                           behind that is lost, and damage elsewhere cannot be repaired
                   --yes   with --fix: does not ask

            Exit code: 0 all is well, or is after --fix; 1 it is not; 2 the words make no sense.""";

    private static final String MANIFEST = ".manifest";

    /// Accepts all commands: what they mean is not the matter here. The values of an image are made, for that
    /// is how they are checked, and forgotten at the next occasion.
    private static final class Reader implements Replayer {
        private final Store store = new Store(1, Budget.ofHeap(), new Unheard(), new Randomness(0), 0);

        @Override
        public Database database(long index) {
            pause();
            return store.database(0);
        }

        @Override
        public void pause() {
            store.flush(0);
            store.freeGarbage();
        }

        @Override
        public void beginFile() {}

        @Override
        public Outcome run(int argc, Bytes[] argv) {
            return Outcome.APPLIED;
        }

        @Override
        public String error() {
            return "";
        }
    }

    /// Nothing happens of its own accord here.
    private static final class Unheard implements KeyEvents {
        @Override
        public void expired(Database db, Bytes key) {}

        @Override
        public void evicted(Database db, Bytes key) {}
    }

    private final Disk disk;
    private final PrintStream out;
    private final InputStream in;

    CheckAof(Disk disk, PrintStream out, InputStream in) {
        this.disk = disk;
        this.out = out;
        this.in = in;
    }

    /// The program.
    public static void main(String[] args) {
        System.exit(new CheckAof(Disk.real(), System.out, System.in).run(List.of(args)));
    }

    int run(List<String> args) {
        if (args.contains("-h") || args.contains("--help")) {
            out.println(USAGE + '\n' + HELP);
            return 0;
        }
        boolean fixes = args.contains("--fix");
        boolean saysYes = args.contains("--yes");
        List<String> paths = new ArrayList<>(args);
        paths.removeAll(List.of("--fix", "--yes"));
        if (paths.size() != 1 || paths.get(0).startsWith("-")) {
            out.println(USAGE);
            return 2;
        }
        try {
            Path what = locate(Path.of(paths.get(0)));
            while (true) {
                Problem problem = check(what);
                if (problem == null) return 0;
                if (!fixes) return 1;
                if (!problem.isCuttable()) {
                    out.println("This cannot be repaired by cutting the last file.");
                    return 1;
                }
                if (!saysYes && !confirmed(problem)) return 1;
                cut(problem);
            }
        } catch (DamagedLog e) {
            out.println(e.getMessage());
        } catch (IOException e) {
            out.println("cannot be read: " + e);
        }
        return 1;
    }

    /// Finds the manifest when a directory was named.
    private Path locate(Path path) throws IOException, DamagedLog {
        if (!Files.isDirectory(path)) {
            if (!disk.exists(path)) throw new DamagedLog(path.toString(), -1, "there is no such file or directory");
            return path;
        }
        List<String> manifests = disk.list(path).stream()
                .filter(name -> name.endsWith(MANIFEST) && !name.startsWith(AofDirectory.TEMP))
                .toList();
        if (manifests.size() != 1) {
            throw new DamagedLog(path.toString(), -1, manifests.size() + " manifests in the directory, one expected");
        }
        return path.resolve(manifests.get(0));
    }

    private record Problem(Path file, long size, DamagedLog cause, boolean isLast) {
        boolean isCuttable() {
            return isLast && cause.goodTo() >= 0 && cause.goodTo() < size;
        }
    }

    private @Nullable Problem check(Path path) throws IOException, DamagedLog {
        Path absolute = path.toAbsolutePath();
        Path parent = absolute.getParent();
        Path folder = parent == null ? absolute : parent;
        String name = path.getFileName().toString();
        boolean isManifest = name.endsWith(MANIFEST);
        Manifest manifest = isManifest
                ? AofDirectory.read(disk, path)
                : new Manifest(List.of(new Manifest.Entry(name, 1, Manifest.Type.INCREMENT)));
        String base = isManifest ? name.substring(0, name.length() - MANIFEST.length()) : name;
        AofDirectory directory = AofDirectory.inspect(disk, folder, base, manifest, Log.none());
        try {
            LoadResult result = new AofLoader(directory, false, new Reader(), new LoadingProgress(), Log.none()).load();
            for (Manifest.Entry e : manifest.live()) out.println(e.name() + ": good");
            out.println("All is well: " + result.commands() + " commands in " + result.totalBytes() + " bytes.");
            LoadResult.Tail tail = result.tail();
            if (tail != null && tail.loose() > 0) {
                out.println(
                        "The last " + tail.loose() + " bytes of " + tail.entry().name() + " have no checksum.");
            }
            return null;
        } catch (DamagedLog e) {
            out.println(e.getMessage());
            List<Manifest.Entry> live = manifest.live();
            boolean isLast = live.get(live.size() - 1).name().equals(e.file());
            Path file = folder.resolve(e.file());
            Problem problem = new Problem(file, disk.exists(file) ? size(file) : 0, e, isLast);
            if (e.goodTo() >= 0)
                out.println("Up to offset " + e.goodTo() + " of " + problem.size() + " the file is good.");
            return problem;
        }
    }

    private long size(Path file) throws IOException {
        try (DiskFile open = disk.openForReading(file)) {
            return open.size();
        }
    }

    private boolean confirmed(Problem problem) throws IOException {
        long gone = problem.size() - problem.cause().goodTo();
        out.print("Cut the last " + gone + " bytes of " + problem.file().getFileName() + "? [y/N] ");
        out.flush();
        String answer = new BufferedReader(new InputStreamReader(in, Charset.defaultCharset())).readLine();
        return answer != null && answer.trim().toLowerCase(Locale.ROOT).startsWith("y");
    }

    private void cut(Problem problem) throws IOException {
        try (DiskFile file = disk.open(problem.file())) {
            file.truncate(problem.cause().goodTo());
            file.sync();
        }
        out.println("Cut " + problem.file().getFileName() + " at offset "
                + problem.cause().goodTo() + ".");
    }
}
