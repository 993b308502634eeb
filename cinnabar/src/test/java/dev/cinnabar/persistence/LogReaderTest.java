package dev.cinnabar.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cinnabar.base.Randomness;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogReaderTest {
    private static final Path PATH = Path.of("/d/log");

    /// What a reader made of a file.
    private record Reading(List<String> commands, LogReader.Item end, long good, String why) {}

    private static Reading read(byte[] content) throws IOException, DamagedLog {
        FakeDisk disk = new FakeDisk();
        disk.put(PATH, content);
        try (LogReader reader = new LogReader(disk.open(PATH), "log", 0)) {
            List<String> commands = new ArrayList<>();
            while (true) {
                LogReader.Item item = reader.next();
                if (item == LogReader.Item.COMMAND) {
                    List<String> words = new ArrayList<>();
                    for (int i = 0; i < reader.argc(); i++) words.add(reader.argv()[i].toLatin1());
                    commands.add(String.join(" ", words));
                } else if (item != LogReader.Item.LINE) {
                    return new Reading(commands, item, reader.itemStart(), reader.tornBecause());
                }
            }
        }
    }

    private static final byte[] ONE = Resp.commands("SET a 1", "SET b 22");
    private static final byte[] TWO = Resp.commands("INCR a", "DEL b", "SET c 0123456789");
    private static final byte[] FILE = Resp.checksummed(ONE, TWO);
    private static final List<String> ALL = List.of("SET a 1", "SET b 22", "INCR a", "DEL b", "SET c 0123456789");

    @Test
    void a_file_of_ours_reads_back() throws Exception {
        assertThat(read(FILE)).isEqualTo(new Reading(ALL, LogReader.Item.END, FILE.length, ""));
    }

    @Test
    void a_file_without_checksums_reads_back_and_its_comments_are_passed_over() throws Exception {
        byte[] file = Resp.join(Resp.text("#TS:1700000000\r\n"), ONE, Resp.text("# by hand\n"), TWO);
        assertThat(read(file)).isEqualTo(new Reading(ALL, LogReader.Item.END, file.length, ""));
    }

    @Test
    void an_empty_file_holds_nothing() throws Exception {
        assertThat(read(new byte[0])).isEqualTo(new Reading(List.of(), LogReader.Item.END, 0, ""));
    }

    @Test
    void a_file_cut_anywhere_gives_exactly_the_whole_commands_before_the_cut() throws Exception {
        cutAnywhere(FILE);
        cutAnywhere(Resp.checksummed(Checksum.Kind.GRP, ONE, TWO));
    }

    private static void cutAnywhere(byte[] file) throws Exception {
        List<Integer> ends = new ArrayList<>();
        int at = Checksum.FIRST_LINE;
        for (String command : ALL) {
            at += Resp.commands(command).length;
            ends.add(at);
            if (at == Checksum.FIRST_LINE + ONE.length) at += between(file, at);
        }
        for (int cut = 0; cut <= file.length; cut++) {
            int upTo = cut;
            Reading reading = read(Arrays.copyOf(file, cut));
            long whole = ends.stream().filter(end -> end <= upTo).count();
            assertThat(reading.commands).as("cut at %s", cut).isEqualTo(ALL.subList(0, (int) whole));
            if (reading.end == LogReader.Item.TORN) {
                assertThat(read(Arrays.copyOf(file, (int) reading.good)).end).isEqualTo(LogReader.Item.END);
            } else {
                boolean isOneSign = cut > 0 && file[cut - 1] == '#'; // filler, for all that can be known
                assertThat(reading.good).isIn((long) cut, isOneSign ? cut - 1L : cut);
            }
        }
    }

    /// How many bytes of lines follow.
    private static int between(byte[] file, int offset) {
        return new String(file, StandardCharsets.ISO_8859_1).indexOf('*', offset) - offset;
    }

    @Test
    void every_flipped_bit_in_a_checksummed_file_is_refused_with_a_place() {
        for (int at = 0; at < FILE.length; at++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] flipped = FILE.clone();
                flipped[at] ^= (byte) (1 << bit);
                assertThatThrownBy(() -> read(flipped))
                        .as("byte %s bit %s", at, bit)
                        .isInstanceOfSatisfying(
                                DamagedLog.class, e -> assertThat(e.offset()).isBetween(0L, (long) FILE.length));
            }
        }
    }

    @Test
    void a_flipped_bit_behind_the_last_line_harms_nothing_before_it() throws Exception {
        byte[] tail = Resp.commands("SET d 0123456789012345678901234567890123456789");
        byte[] file = Resp.join(FILE, tail);
        for (int at = FILE.length; at < file.length; at++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] flipped = file.clone();
                flipped[at] ^= (byte) (1 << bit);
                try {
                    assertThat(read(flipped).commands.subList(0, ALL.size())).isEqualTo(ALL);
                } catch (DamagedLog e) {
                    assertThat(e.offset()).isGreaterThanOrEqualTo(FILE.length);
                    assertThat(e.goodTo()).isEqualTo(FILE.length);
                }
            }
        }
    }

    @Test
    void a_length_that_swallows_the_last_checksum_line_is_found() {
        // The value's length grows by just what lies between its end and the end of the line behind: all parses.
        byte[] file = Resp.checksummed(Resp.commands("SET k 0123456789"));
        String text = new String(file, StandardCharsets.ISO_8859_1);
        int line = text.lastIndexOf('#');
        int longer = 10 + 2 + (file.length - line) - 2;
        byte[] swallowing = Resp.text(text.replace("$10\r\n", "$" + longer + "\r\n"));

        assertThatThrownBy(() -> read(swallowing))
                .isInstanceOf(DamagedLog.class)
                .hasMessageContaining("checksum line");
    }

    @Test
    void a_length_that_runs_past_the_end_is_damage_when_the_log_went_on_behind_it() {
        String text = new String(FILE, StandardCharsets.ISO_8859_1);
        byte[] file = Resp.text(text.replace("$10\r\n", "$90\r\n"));
        assertThatThrownBy(() -> read(file))
                .isInstanceOf(DamagedLog.class)
                .hasMessageContaining("shows that the log went on");
    }

    @Test
    void a_tail_of_zeros_is_torn_not_damaged() throws Exception {
        byte[] tail = Resp.commands("SET d hello");
        for (int kept = 0; kept < tail.length; kept++) {
            byte[] file = Resp.join(FILE, Arrays.copyOf(tail, kept), new byte[5000]);
            Reading reading = read(file);
            assertThat(reading.end).as("kept %s", kept).isEqualTo(LogReader.Item.TORN);
            assertThat(reading.good).isEqualTo(FILE.length);
            assertThat(reading.commands).isEqualTo(ALL);
        }
        for (int cut = FILE.length - 19; cut < FILE.length; cut++) { // in the last checksum line
            assertThat(read(Resp.join(Arrays.copyOf(FILE, cut), new byte[100])).commands)
                    .isEqualTo(ALL);
        }
    }

    @Test
    void bytes_taken_out_or_put_in_between_are_found() {
        int first = Checksum.FIRST_LINE;
        int second = first + Resp.commands("SET a 1").length;
        byte[] without = Resp.join(Arrays.copyOf(FILE, first), Arrays.copyOfRange(FILE, second, FILE.length));
        byte[] twice = Resp.join(Arrays.copyOf(FILE, second), Arrays.copyOfRange(FILE, first, FILE.length));
        assertThatThrownBy(() -> read(without)).isInstanceOf(DamagedLog.class);
        assertThatThrownBy(() -> read(twice)).isInstanceOf(DamagedLog.class);
    }

    @Test
    void only_the_exact_form_is_taken() {
        for (String wrong : List.of(
                "*0\r\n",
                "*-1\r\n",
                "*01\r\n$1\r\nA\r\n",
                "*1\n$1\nA\n",
                "*1\r\n:1\r\n",
                "*1\r\n$-1\r\n",
                "*1\r\n$01\r\nA\r\n",
                "*1\r\n$1\r\nAB\r\n",
                "PING\r\n",
                "*1\r\n$1\r\nA\r\n\r\n",
                "*9999999999\r\n",
                "*1\r\n$9999999999\r\n",
                "*\r\n",
                "*1\r\n$\r\n",
                " ")) {
            assertThatThrownBy(() -> read(Resp.join(ONE, Resp.text(wrong))))
                    .as(wrong)
                    .isInstanceOfSatisfying(
                            DamagedLog.class, e -> assertThat(e.goodTo()).isGreaterThanOrEqualTo(ONE.length));
        }
    }

    @Test
    void commands_larger_than_the_buffer_read_back() throws Exception {
        Randomness random = new Randomness(7);
        List<byte[]> groups = new ArrayList<>();
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            String value = "x".repeat(random.below(i % 3 == 0 ? 3_000_000 : 700_000));
            groups.add(Resp.command("SET", "k" + i, value));
            expected.add("SET k" + i + " " + value);
        }
        byte[] file = Resp.checksummed(groups.toArray(new byte[0][]));
        assertThat(read(file).commands).isEqualTo(expected);
    }

    @Test
    void random_damage_never_passes_for_other_data() throws Exception {
        long seed = System.nanoTime();
        Randomness random = new Randomness(seed);
        List<byte[]> groups = new ArrayList<>();
        for (int g = 0; g < 20; g++) {
            List<String> group = new ArrayList<>();
            for (int c = random.below(5); c >= 0; c--)
                group.add("SET k" + random.below(9) + " " + "v".repeat(random.below(60)) + "!");
            groups.add(Resp.commands(group.toArray(new String[0])));
        }
        byte[] file = Resp.checksummed(groups.toArray(new byte[0][]));
        List<String> all = read(file).commands;
        for (int round = 0; round < 5_000; round++) {
            byte[] damaged = file.clone();
            int at = random.below(file.length);
            for (int n = random.below(4); n >= 0 && at < file.length; n--)
                damaged[at++] ^= (byte) (1 + random.below(255));
            int cut = random.below(3) == 0 ? at + random.below(file.length - at + 1) : file.length;
            try {
                List<String> commands = read(Arrays.copyOf(damaged, cut)).commands;
                // Only what no line covers any more may have changed: at most the commands of the group that was cut.
                boolean isPrefix = commands.size() <= all.size() && commands.equals(all.subList(0, commands.size()));
                assertThat(isPrefix || cut < file.length)
                        .as("seed %s round %s", seed, round)
                        .isTrue();
            } catch (DamagedLog e) {
                assertThat(e.offset()).isGreaterThanOrEqualTo(0);
            }
        }
    }

    // ---- groups that overwrite filler ----

    private static final byte[] GROUPS = Resp.checksummed(Checksum.Kind.GRP, ONE, TWO);

    @Test
    void filler_behind_a_group_is_the_end() throws Exception {
        for (int length = GROUPS.length; length < GROUPS.length + 200; length++) {
            Reading reading = read(Resp.filled(GROUPS, length));
            assertThat(reading).isEqualTo(new Reading(ALL, LogReader.Item.END, GROUPS.length, ""));
            assertThat(read(Arrays.copyOf(Resp.filled(GROUPS, length), length + 5000)))
                    .as("with zeros behind")
                    .isEqualTo(
                            length == GROUPS.length
                                    ? new Reading(ALL, LogReader.Item.TORN, length, reason(length))
                                    : reading);
        }
    }

    private static String reason(int zerosFrom) {
        return "from offset " + zerosFrom + " on there are only zeros";
    }

    @Test
    void filler_where_none_was_written_is_damage() {
        assertThatThrownBy(() -> read(Resp.filled(FILE, 4096))).isInstanceOf(DamagedLog.class);
    }

    @Test
    void a_bit_that_flips_in_a_group_is_found_though_filler_follows() {
        byte[] file = Resp.filled(GROUPS, 2048);
        for (int at = 0; at < GROUPS.length; at++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] flipped = file.clone();
                flipped[at] ^= (byte) (1 << bit);
                assertThatThrownBy(() -> read(flipped))
                        .as("byte %s bit %s", at, bit)
                        .isInstanceOf(DamagedLog.class);
            }
        }
    }

    @Test
    void a_group_that_begins_with_a_sign_at_the_end_of_a_sector_is_not_taken_for_unwritten() throws Exception {
        int line = "#GRP:000:00000000\r\n".length();
        int value = 511 - line - Checksum.FIRST_LINE - Resp.commands("SET a 100").length + 3 - 2; // two digits less
        byte[] first = Resp.command("SET", "a", "x".repeat(value));
        int begin = Checksum.FIRST_LINE + first.length + line;
        assertThat(begin % 512).isEqualTo(511);
        byte[] file = Resp.filled(
                Resp.checksummed(Checksum.Kind.GRP, first, Resp.join(Resp.text("#TS:1700000000\r\n"), ONE)), 2048);
        assertThat(read(file).commands).hasSize(3);
        for (int at = begin; at < begin + Checksum.GROUP_BEGIN.length + 16 + ONE.length; at++) {
            byte[] flipped = file.clone();
            flipped[at] ^= 1;
            assertThatThrownBy(() -> read(flipped)).as("byte %s", at - begin).isInstanceOf(DamagedLog.class);
        }
    }

    @Test
    void a_bit_that_flips_in_filler_costs_nothing() throws Exception {
        byte[] file = Resp.filled(GROUPS, 2048);
        for (int at = GROUPS.length; at < file.length; at++) {
            byte[] flipped = file.clone();
            flipped[at] ^= 4;
            Reading reading = read(flipped);
            assertThat(reading.commands).as("byte %s", at).isEqualTo(ALL);
            assertThat(reading.good).isEqualTo(GROUPS.length);
        }
    }

    @Test
    void values_that_look_like_filler_are_values() throws Exception {
        List<String> commands = new ArrayList<>();
        List<byte[]> groups = new ArrayList<>();
        for (int size = 0; size < 3000; size += 97) {
            String[] group = {"SET a " + "#".repeat(size + 1), "SET b " + "\0".repeat(size + 1), "SET c 1"};
            commands.addAll(List.of(group));
            groups.add(Resp.commands(group));
        }
        byte[] file = Resp.checksummed(Checksum.Kind.GRP, groups.toArray(new byte[0][]));
        for (byte[] each : List.of(file, Resp.filled(file, file.length + 3000))) {
            assertThat(read(each)).isEqualTo(new Reading(commands, LogReader.Item.END, file.length, ""));
        }
    }

    // ---- another server goes on ----

    private static final byte[] SELECT = Resp.commands("SELECT 0");
    private static final byte[] TIMESTAMP = Resp.text("#TS:1700000000\r\n");
    private static final List<String> THEIRS = List.of("SELECT 0", "SET bitmap " + "\0".repeat(2000), "SET r 1");
    private static final byte[] REDIS = Resp.commands(THEIRS.toArray(new String[0]));

    private static List<String> allAnd(List<String> more) {
        List<String> both = new ArrayList<>(ALL);
        both.addAll(more);
        return both;
    }

    @Test
    void what_redis_writes_directly_behind_a_group_counts_up_to_where_it_was_torn() throws Exception {
        for (byte[] theirs : List.of(REDIS, Resp.join(TIMESTAMP, REDIS))) {
            byte[] file = Resp.join(GROUPS, theirs);
            assertThat(read(file)).isEqualTo(new Reading(allAnd(THEIRS), LogReader.Item.END, file.length, ""));

            int last = file.length - Resp.commands("SET r 1").length;
            for (int cut = last + 1; cut < file.length; cut++) {
                Reading reading = read(Arrays.copyOf(file, cut));
                assertThat(reading.commands).as("cut at %s", cut).isEqualTo(allAnd(THEIRS.subList(0, 2)));
                assertThat(reading.end).isEqualTo(LogReader.Item.TORN);
                assertThat(reading.good).isEqualTo(last);
            }
        }
    }

    @Test
    void what_redis_writes_behind_filler_counts_with_timestamps_and_without() throws Exception {
        for (byte[] theirs : List.of(REDIS, Resp.join(TIMESTAMP, REDIS))) {
            for (int end : new int[] {128 << 10, 256 << 10}) {
                byte[] file = Resp.join(Resp.filled(GROUPS, end), theirs);
                assertThat(read(file)).isEqualTo(new Reading(allAnd(THEIRS), LogReader.Item.END, file.length, ""));
                file[file.length - REDIS.length + SELECT.length + 4] ^= 1; // the $ of SET's length
                assertThatThrownBy(() -> read(file)).isInstanceOf(DamagedLog.class);
            }
        }
    }

    @Test
    void damage_in_what_redis_wrote_directly_behind_a_group_is_no_torn_group() {
        byte[] file = Resp.join(GROUPS, REDIS);
        file[GROUPS.length + SELECT.length + 4] ^= 1; // the $ of SET's length
        assertThatThrownBy(() -> read(file)).isInstanceOf(DamagedLog.class);
    }

    @Test
    void any_sectors_of_the_last_group_may_be_missing_and_what_is_before_them_is_right() throws Exception {
        long seed = System.nanoTime();
        Randomness random = new Randomness(seed);
        for (int round = 0; round < 3000; round++) {
            List<String> commands = new ArrayList<>();
            List<byte[]> groups = new ArrayList<>();
            int before = 0;
            for (int g = 1 + random.below(3); g >= 0; g--) {
                before = commands.size();
                List<String> group = new ArrayList<>();
                if (random.below(2) == 0) group.add("SELECT " + random.below(16)); // as Redis begins
                for (int c = random.below(12); c >= 0; c--)
                    group.add("SET k" + commands.size() + c + " " + value(random));
                commands.addAll(group);
                groups.add(Resp.commands(group.toArray(new String[0])));
            }
            byte[] file = Resp.checksummed(Checksum.Kind.GRP, groups.toArray(new byte[0][]));
            int lastLine = new String(file, StandardCharsets.ISO_8859_1).lastIndexOf("#GRP:");
            int start = lastLine - groups.get(groups.size() - 1).length - Checksum.GROUP_BEGIN.length;
            byte[] torn = Resp.filled(file, file.length + 1000 + random.below(500));
            boolean zeros = random.below(4) == 0; // where filler had not reached the disk either
            for (int at = start; at < file.length; at = (at / 512 + 1) * 512) {
                if (random.below(2) == 0) continue;
                int to = Math.min(torn.length, (at / 512 + 1) * 512);
                for (int i = at; i < to; i++) torn[i] = zeros && at > start ? 0 : Resp.fillerAt(i);
            }
            try {
                List<String> read = read(torn).commands;
                assertThat(read).as("seed %s round %s", seed, round).isEqualTo(commands.subList(0, read.size()));
                assertThat(read).hasSizeGreaterThanOrEqualTo(before);
                if (Arrays.equals(torn, Resp.filled(file, torn.length)))
                    assertThat(read).isEqualTo(commands);
            } catch (DamagedLog e) {
                throw new AssertionError("seed " + seed + " round " + round + ": " + e.getMessage(), e);
            }
        }
    }

    private static String value(Randomness random) {
        return switch (random.below(5)) {
            case 0 -> "#".repeat(1 + random.below(1200));
            case 1 -> "\0".repeat(1 + random.below(1200));
            case 2 -> "x".repeat(1 + random.below(2500)) + "!";
            default -> "v" + random.below(100);
        };
    }
}
