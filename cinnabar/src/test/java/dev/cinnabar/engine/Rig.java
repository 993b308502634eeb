package dev.cinnabar.engine;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.base.TestClock;
import dev.cinnabar.memory.Budget;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// An engine on the bench: a clock to move, a process that is not there, clients without sockets, and replies
/// as objects.
final class Rig {
    final TestClock clock = new TestClock();
    final FakeHost host = new FakeHost(clock.wallMs());
    final List<String> log = new ArrayList<>();
    final Engine engine;
    final Client client;

    /// @param settings name, value, name, value …, as before the start of a server
    Rig(String... settings) {
        try {
            for (int i = 0; i < settings.length; i += 2) host.config().assign(settings[i], settings[i + 1]);
        } catch (dev.cinnabar.config.RefusedSetting e) {
            throw new IllegalArgumentException(e);
        }
        engine = new Engine(clock, new Randomness(7), new Budget(512L << 20), 16, Families.all(), Map.of());
        engine.host(host);
        host.engine = engine;
        engine.log(new Recorder());
        client = new Client("127.0.0.1:50001");
    }

    /// One that DEBUG may be used with.
    static Rig withDebug() {
        return new Rig("enable-debug-command", "yes");
    }

    /// Asks as the first client; see [Client#ask].
    @Nullable
    Object ask(String... words) {
        return client.ask(words);
    }

    /// The sections of an INFO, each a map of its lines.
    Map<String, Map<String, String>> info(String... sections) {
        String[] words = new String[sections.length + 1];
        words[0] = "INFO";
        System.arraycopy(sections, 0, words, 1, sections.length);
        return sectionsOf(String.valueOf(ask(words)));
    }

    /// A line of INFO.
    String line(String section, String name) {
        Map<String, String> lines = info(section).values().iterator().next();
        return String.valueOf(lines.get(name));
    }

    static Map<String, Map<String, String>> sectionsOf(String text) {
        Map<String, Map<String, String>> sections = new LinkedHashMap<>();
        Map<String, String> current = Map.of();
        for (String line : text.split("\r\n")) {
            if (line.startsWith("# ")) {
                current = new LinkedHashMap<>();
                sections.put(line.substring(2), current);
            } else if (!line.isEmpty()) {
                current.put(line.substring(0, line.indexOf(':')), line.substring(line.indexOf(':') + 1));
            }
        }
        return sections;
    }

    /// Runs a command as a loader does.
    void replay(String... words) {
        replayAll(String.join(" ", words));
    }

    /// Runs commands as a loader does; each line is split at blanks.
    void replayAll(String... lines) {
        try (LogReplayer replayer = new LogReplayer(engine, client)) {
            for (String line : lines) {
                Bytes[] argv = TestEngine.words(line.split(" "));
                replayer.run(argv.length, argv);
            }
        }
        engine.loading(false);
    }

    private final class Recorder implements ChangeLog {
        @Override
        public void append(int db, int argc, Bytes[] argv) {
            StringBuilder line = new StringBuilder().append(db);
            for (int i = 0; i < argc; i++) line.append(' ').append(argv[i]);
            log.add(line.toString());
        }
    }

    /// A client; what it is answered comes as String (errors with their minus), Long, Double, Boolean, List,
    /// Set, Map or null.
    final class Client extends NoLink {
        final Session session;
        private final String address;
        long inputBytes;
        private byte[] reply = {};
        private int at;

        Client(String address) {
            this.address = address;
            engine.lock();
            engine.beginBatch();
            session = engine.open(Session.Origin.NETWORK, this);
            engine.unlock();
        }

        Client resp3() {
            session.isResp3 = true;
            return this;
        }

        @Nullable
        Object ask(String... words) {
            reply = rawBytes(words);
            at = 0;
            return reply.length == 0 ? "" : next();
        }

        String raw(String... words) {
            return new String(rawBytes(words), StandardCharsets.UTF_8);
        }

        private byte[] rawBytes(String... words) {
            Bytes[] argv = new Bytes[words.length];
            for (int i = 0; i < words.length; i++) argv[i] = Bytes.of(words[i]);
            ByteBuilder out = new ByteBuilder();
            engine.lock();
            try {
                engine.beginBatch();
                if (!engine.run(session, argv.length, argv, out)) throw new IllegalStateException("has to wait");
            } finally {
                engine.unlock();
            }
            return out.copy();
        }

        // ---- the reply ----

        private @Nullable Object next() {
            char type = (char) reply[at++];
            String line = line();
            return switch (type) {
                case '+', '(' -> line;
                case '-' -> "-" + line;
                case ':' -> Long.valueOf(line);
                case ',' -> Double.valueOf(line);
                case '#' -> line.equals("t");
                case '_' -> null;
                case '$' -> text(Integer.parseInt(line), 0);
                case '=' -> text(Integer.parseInt(line), "txt:".length());
                case '%' -> map(Integer.parseInt(line));
                case '~' -> set(Integer.parseInt(line));
                default -> list(Integer.parseInt(line));
            };
        }

        private String line() {
            int from = at;
            while (reply[at] != '\r') at++;
            at += 2;
            return new String(reply, from, at - 2 - from, StandardCharsets.UTF_8);
        }

        private @Nullable String text(int length, int prefix) {
            if (length < 0) return null;
            String text = new String(reply, at + prefix, length - prefix, StandardCharsets.UTF_8);
            at += length + 2;
            return text;
        }

        private @Nullable List<@Nullable Object> list(int size) {
            if (size < 0) return null;
            List<@Nullable Object> list = new ArrayList<>();
            for (int i = 0; i < size; i++) list.add(next());
            return list;
        }

        private Set<@Nullable Object> set(int size) {
            Set<@Nullable Object> set = new LinkedHashSet<>();
            for (int i = 0; i < size; i++) set.add(next());
            return set;
        }

        private Map<@Nullable Object, @Nullable Object> map(int size) {
            Map<@Nullable Object, @Nullable Object> map = new LinkedHashMap<>();
            for (int i = 0; i < size; i++) {
                Object key = next();
                map.put(key, next());
            }
            return map;
        }

        // ---- the link ----

        @Override
        public String remoteAddress() {
            return address;
        }

        @Override
        public String localAddress() {
            return "127.0.0.1:6379";
        }

        @Override
        public int fd() {
            return 8;
        }

        @Override
        public long inputBytes() {
            return inputBytes;
        }
    }
}
