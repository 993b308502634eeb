package dev.cinnabar.persistence;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.engine.Replayer;
import dev.cinnabar.engine.SnapshotSource;
import dev.cinnabar.memory.Budget;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.KeyEvents;
import dev.cinnabar.store.Store;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// As much of a server as a log needs: databases of strings, the commands SET, DEL, INCR and SELECT, and
/// images of them.
final class Toy implements Replayer, SnapshotSource {
    private final Map<String, String> data = new TreeMap<>(); // "db:key" -> "value", with "@time" when it expires
    private final Store store = new Store(16, new Budget(64 << 20), new Unheard(), new Randomness(1), 0);
    private final List<String> ran = new ArrayList<>();
    private int db;
    private String error = "";
    private Iterator<Map.Entry<String, String>> image;
    /// Run before each slice of an image.
    Runnable beforeSlice = () -> {};
    /// Run right after the moment of an image.
    Runnable afterMoment = () -> {};

    Map<String, String> data() {
        takeImage();
        return data;
    }

    /// Another data set takes the place of what is there, as when a file is read.
    void replace(Map<String, String> other) {
        takeImage();
        data.clear();
        data.putAll(other);
    }

    /// The commands that ran, as words.
    List<String> ran() {
        return ran;
    }

    @Override
    public void beginFile() {
        db = 0;
    }

    @Override
    public Outcome run(int argc, Bytes[] argv) {
        List<String> words = new ArrayList<>();
        for (int i = 0; i < argc; i++) words.add(argv[i].toLatin1());
        return run(words);
    }

    private Outcome run(List<String> words) {
        takeImage();
        String name = words.get(0).toUpperCase(Locale.ROOT);
        int least = switch (name) {
            case "SET", "PEXPIREAT" -> 3;
            case "SELECT", "DEL", "INCR" -> 2;
            default -> 1;
        };
        if (words.size() < least || name.equals("SELECT") && !words.get(1).matches("\\d{1,2}")) {
            error = "ERR wrong arguments";
            return Outcome.FAILED;
        }
        switch (name) {
            case "SELECT" -> db = Integer.parseInt(words.get(1));
            case "SET" ->
                data.put(db + ":" + words.get(1), words.get(2) + (words.size() > 3 ? "@" + words.get(4) : ""));
            case "DEL" -> data.remove(db + ":" + words.get(1));
            case "PEXPIREAT" -> data.computeIfPresent(db + ":" + words.get(1), (k, v) -> v + "@" + words.get(2));
            case "INCR" -> {
                String old = data.getOrDefault(db + ":" + words.get(1), "0");
                if (!old.matches("-?\\d+")) {
                    error = "ERR value is not an integer or out of range";
                    return Outcome.FAILED;
                }
                data.put(db + ":" + words.get(1), Long.toString(Long.parseLong(old) + 1));
            }
            case "GET" -> {
                return Outcome.NOT_A_WRITE;
            }
            default -> {
                error = "unknown command '" + words.get(0) + "'";
                return Outcome.UNKNOWN;
            }
        }
        ran.add(String.join(" ", words));
        return Outcome.APPLIED;
    }

    // ---- an image is read ----

    @Override
    public Database database(long index) {
        return index < store.count() ? store.database((int) index) : null;
    }

    @Override
    public void pause() {}

    /// Takes over what was read into the store.
    private void takeImage() {
        for (int i = 0; i < store.count(); i++) {
            int index = i;
            Database from = store.database(i);
            long position = 0;
            do {
                position = from.scan(position, address -> {
                    long expiryMs = from.expiryMs(address);
                    String value = from.string(address).bytes().toLatin1();
                    String time = expiryMs == Database.NO_EXPIRY ? "" : "@" + expiryMs;
                    data.put(index + ":" + from.key(address).toLatin1(), value + time);
                });
            } while (position != 0);
            store.flush(i);
        }
    }

    @Override
    public String error() {
        return error;
    }

    private static final class Unheard implements KeyEvents {
        @Override
        public void expired(Database db, Bytes key) {}

        @Override
        public void evicted(Database db, Bytes key) {}
    }

    // ---- being written to ----

    /// Runs a command as a client would, and logs it.
    synchronized void call(AppendOnlyLog log, int db, String... words) {
        int before = this.db;
        this.db = db;
        run(List.of(words));
        this.db = before;
        append(log, db, words);
    }

    static void append(AppendOnlyLog log, int db, String... words) {
        Bytes[] argv = Words.of(words);
        log.append(db, argv.length, argv);
    }

    // ---- images ----

    @Override
    public synchronized void begin(Runnable alsoThen, Check check) {
        image = new TreeMap<>(data).entrySet().iterator();
        alsoThen.run();
        afterMoment.run();
    }

    @Override
    public boolean next(ByteBuilder out) {
        beforeSlice.run();
        for (int i = 0; i < 3 && image.hasNext(); i++) {
            Map.Entry<String, String> e = image.next();
            int colon = e.getKey().indexOf(':');
            out.append(Resp.command("SELECT", e.getKey().substring(0, colon)));
            String[] value = e.getValue().split("@");
            String key = e.getKey().substring(colon + 1);
            out.append(
                    value.length == 1
                            ? Resp.command("SET", key, e.getValue())
                            : Resp.command("SET", key, value[0], "PXAT", value[1]));
        }
        return image.hasNext();
    }

    @Override
    public void abort() {
        image = null;
    }
}
