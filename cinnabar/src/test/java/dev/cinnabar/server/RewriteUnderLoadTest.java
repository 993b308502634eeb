package dev.cinnabar.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.RandomRun;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.base.TestClock;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The log is rewritten while clients write to it, again and again, on a real disk: what is loaded is what
/// was there.
///
/// `-Dcinnabar.test.scale=…` multiplies the number of rewrites, `-Dcinnabar.test.elements=…` says how large
/// the large collections are.
class RewriteUnderLoadTest {
    private static final int REWRITES = 50;
    private static final int ELEMENTS = Integer.getInteger("cinnabar.test.elements", 2_000);
    private static final int WRITES = 800; // before a rewrite is waited for
    private static final String[] LARGE = {"list", "set", "hash", "zset"};

    @TempDir
    private Path dir;

    @Test
    void fifty_rewrites_under_load_each_give_back_what_was_there() {
        RandomRun.of(REWRITES, (random, rewrites) -> {
            try (Run run = new Run(random, dir)) {
                for (int i = 0; i < rewrites; i++) run.rewriteUnderLoad();
                run.reopened();
            }
        });
    }

    private static final class Run implements AutoCloseable {
        private final Randomness random;
        private final Path dir;
        private final TestClock clock = new TestClock();
        private Cinnabar server;
        private int overtaken; // rewrites that were still running after the first writes

        Run(Randomness random, Path dir) {
            this.random = random;
            this.dir = dir;
            server = start();
            for (String type : LARGE) fill(type, ELEMENTS);
        }

        private Cinnabar start() {
            return Cinnabar.builder()
                    .appendOnly(dir)
                    .clock(clock)
                    .set("appendfsync", "no")
                    .set("auto-aof-rewrite-percentage", "0")
                    .set("list-max-listpack-size", "20")
                    .set("hash-max-listpack-entries", "20")
                    .set("set-max-listpack-entries", "20")
                    .set("zset-max-listpack-entries", "20")
                    .start();
        }

        void rewriteUnderLoad() {
            ask("BGREWRITEAOF");
            for (int i = 0; i < WRITES / 10; i++) write();
            if (isRewriting()) overtaken++;
            for (int i = 0; i < WRITES || isRewriting(); i++) write();
            assertThat(ask("INFO", "persistence").toString()).contains("aof_last_bgrewrite_status:ok");

            Map<String, String> before = state();
            assertThat(ask("DEBUG", "LOADAOF")).isEqualTo("OK");
            assertThat(state()).isEqualTo(before);
            server.checkInvariants();
        }

        private boolean isRewriting() {
            return ask("INFO", "persistence").toString().contains("aof_rewrite_in_progress:1");
        }

        /// The same after the end of the server, and in the order of the real start.
        void reopened() {
            assertThat(overtaken).as("rewrites that met writers").isPositive();
            Map<String, String> before = state();
            server.close();
            server = start();
            assertThat(state()).isEqualTo(before);
        }

        private void write() {
            int n = random.below(100);
            String key = LARGE[random.below(LARGE.length)];
            String other = LARGE[random.below(LARGE.length)] + random.below(4);
            String small = "key" + random.below(200);
            String element = "e" + random.below(2 * ELEMENTS);
            if (n < 60) {
                change(key, element);
            } else if (n < 75) {
                ask("SET", small, element, "PX", "" + (1 + random.below(2_000)));
            } else if (n < 80) {
                ask("DEL", small, other);
            } else if (n < 84) {
                ask("SET", small, "x".repeat(random.below(2_000)));
            } else if (n < 88) {
                clock.advance(Duration.ofMillis(1 + random.below(30)));
            } else if (n < 91) {
                ask("PEXPIRE", key, "" + (1 + random.below(20_000)));
            } else if (n < 94) {
                ask("PERSIST", key);
            } else {
                rare(key, other, random.below(150));
            }
        }

        private void change(String key, String element) {
            boolean adds = random.below(3) > 0;
            switch (key) {
                case "list" -> {
                    if (adds) ask(random.below(2) == 0 ? "LPUSH" : "RPUSH", key, element, element + "x");
                    else if (random.below(2) == 0) ask(random.below(2) == 0 ? "LPOP" : "RPOP", key);
                    else ask("LSET", key, "" + random.below(ELEMENTS / 2), element);
                }
                case "set" -> ask(adds ? "SADD" : random.below(2) == 0 ? "SREM" : "SPOP", key, adds ? element : "1");
                case "hash" -> {
                    if (adds) ask("HSET", key, element, "" + random.below(1000));
                    else ask("HDEL", key, element);
                }
                default -> {
                    if (adds) ask("ZADD", key, "" + random.below(1000), element);
                    else ask("ZREM", key, element);
                }
            }
        }

        private void rare(String key, String other, int n) {
            switch (n) {
                case 0 -> ask("FLUSHALL");
                case 1 -> ask("FLUSHDB", "ASYNC");
                case 2 -> ask("SWAPDB", "0", "1");
                case 3, 4, 5 -> ask("SELECT", "" + random.below(2));
                case 6, 7, 8 -> ask("RENAME", key, other);
                case 9, 10 -> ask("COPY", key, other);
                case 11 -> ask("UNLINK", key);
                case 12 -> ask("SET", key, "over");
                case 13, 14 -> ask("MOVE", other, "1");
                case 15 -> ask("LTRIM", key, "" + random.below(100), "-" + (1 + random.below(100)));
                default -> {
                    if (ask("EXISTS", key).equals(0L)) fill(key, ELEMENTS);
                }
            }
        }

        private void fill(String type, int elements) {
            List<String> words = new ArrayList<>();
            for (int i = 0; i < elements; i++) {
                if (words.isEmpty()) {
                    words.add(Map.of("list", "RPUSH", "set", "SADD", "hash", "HSET", "zset", "ZADD")
                            .get(type));
                    words.add(type);
                }
                if (type.equals("zset")) words.add("" + i % 100);
                words.add("e" + i);
                if (type.equals("hash")) words.add("v".repeat(i % 50));
                if (words.size() > 200 || i == elements - 1) {
                    ask(words.toArray(new String[0]));
                    words.clear();
                }
            }
        }

        /// What is asked is answered, with whatever: errors (of another type's key) are answers, too.
        private Object ask(String... words) {
            try {
                Object answer = server.execute(words);
                return answer == null ? "" : answer;
            } catch (CommandException e) {
                return e;
            }
        }

        /// All keys of both databases with type, expiry time and a digest of what they hold.
        private Map<String, String> state() {
            Map<String, String> state = new TreeMap<>();
            for (String db : List.of("0", "1")) {
                ask("SELECT", db);
                for (Object key : (List<?>) ask("KEYS", "*")) {
                    String name = key.toString();
                    String facts = ask("TYPE", name) + " " + ask("PEXPIRETIME", name);
                    state.put(db + ":" + name, facts + " " + ask("DEBUG", "DIGEST-VALUE", name));
                }
            }
            ask("SELECT", "0");
            return state;
        }

        @Override
        public void close() {
            server.close();
        }
    }
}
