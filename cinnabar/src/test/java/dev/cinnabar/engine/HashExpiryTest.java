package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Fields that expire: what is answered of their times, and when they go.
class HashExpiryTest extends HashFixture {
    // ---- HEXPIRE and its variants: what they answer ----

    @ParameterizedTest
    @EnumSource
    void a_field_gets_an_expiry_time_and_every_command_tells_it(Form form) {
        make(form, "h");
        long nowMs = server.nowMs();
        assertThat(server.line("HEXPIRE h 100 FIELDS 3 a missing b")).isEqualTo(integers(1, -2, 1));
        assertThat(server.line("HPEXPIREAT h " + (nowMs + 4321) + " FIELDS 1 c"))
                .isEqualTo(integers(1));
        assertThat(server.line("HTTL h FIELDS 5 a b c d none")).isEqualTo(integers(100, 100, 5, -1, -2));
        assertThat(server.line("HPTTL h FIELDS 3 a c d")).isEqualTo(integers(100_000, 4321, -1));
        assertThat(server.line("HPEXPIRETIME h FIELDS 2 c d")).isEqualTo(integers(nowMs + 4321, -1));
        assertThat(server.line("HEXPIRETIME h FIELDS 2 a d")).isEqualTo(integers((nowMs + 100_999) / 1000, -1));
        assertThat(encoding("h")).isEqualTo(form.encoding);
        assertThat(server.line("HPERSIST h FIELDS 3 a d none")).isEqualTo(integers(1, -1, -2));
        assertThat(server.line("HTTL h FIELDS 1 a")).isEqualTo(integers(-1));
        assertThat(server.line("HMGET h a b c d e"))
                .isEqualTo("*5\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n$1\r\n4\r\n$1\r\n5\r\n");
    }

    @Test
    void of_a_missing_key_there_is_no_field() {
        for (String command : new String[] {"HTTL", "HPTTL", "HEXPIRETIME", "HPEXPIRETIME", "HPERSIST"})
            assertThat(server.line(command + " none FIELDS 2 a b")).isEqualTo(integers(-2, -2));
        assertThat(server.line("HEXPIRE none 10 FIELDS 2 a b")).isEqualTo(integers(-2, -2));
        assertThat(server.line("HEXPIRE none 0 FIELDS 1 a")).isEqualTo(integers(-2));
        assertThat(server.line("HGETDEL none FIELDS 2 a b")).isEqualTo(nils(2));
        assertThat(server.line("HGETEX none EX 10 FIELDS 2 a b")).isEqualTo(nils(2));
        assertThat(server.line("EXISTS none")).isEqualTo(":0\r\n");
        assertThat(server.logged()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void conditions_decide_whether_a_time_is_set(Form form) {
        make(form, "h");
        assertThat(server.line("HPEXPIRE h 1000 XX FIELDS 1 a")).isEqualTo(integers(0));
        assertThat(server.line("HPEXPIRE h 1000 GT FIELDS 1 a")).isEqualTo(integers(0));
        assertThat(server.line("HPEXPIRE h 1000 NX FIELDS 1 a")).isEqualTo(integers(1));
        assertThat(server.line("HPEXPIRE h 2000 NX FIELDS 1 a")).isEqualTo(integers(0));
        assertThat(server.line("HPEXPIRE h 1000 GT FIELDS 1 a")).isEqualTo(integers(0));
        assertThat(server.line("HPEXPIRE h 2000 GT FIELDS 1 a")).isEqualTo(integers(1));
        assertThat(server.line("HPEXPIRE h 2000 LT FIELDS 1 a")).isEqualTo(integers(0));
        assertThat(server.line("HPEXPIRE h 1500 LT FIELDS 2 a b")).isEqualTo(integers(1, 1));
        assertThat(server.line("HPEXPIRE h 7000 XX FIELDS 1 a")).isEqualTo(integers(1));
        assertThat(server.line("HPTTL h FIELDS 2 a b")).isEqualTo(integers(7000, 1500));
    }

    @ParameterizedTest
    @EnumSource
    void a_time_that_has_passed_deletes_the_field_and_the_last_one_the_key(Form form) {
        make(form, "h");
        assertThat(server.line("HEXPIRE h 0 FIELDS 2 a a")).isEqualTo(integers(2, -2));
        assertThat(server.line("HPEXPIREAT h 1 FIELDS 1 b")).isEqualTo(integers(2));
        assertThat(server.line("HMGET h a b c")).isEqualTo("*3\r\n$-1\r\n$-1\r\n$1\r\n3\r\n");
        if (form.others() > 0) return;
        assertThat(server.line("HEXPIREAT h 0 FIELDS 3 c d e")).isEqualTo(integers(2, 2, 2));
        assertThat(server.line("EXISTS h")).isEqualTo(":0\r\n");
    }

    @Test
    void mistakes_are_told_in_the_words_of_redis_and_change_nothing() {
        server.line("HSET h a 1");
        server.line("SET s 1");
        String noFields = "-ERR Mandatory argument FIELDS is missing or not at the right position\r\n";
        String otherCount = "-ERR The `numfields` parameter must match the number of arguments\r\n";
        assertThat(server.line("HEXPIRE h 10 FIELDZ 1 a")).isEqualTo(noFields);
        assertThat(server.line("HEXPIRE h 10 NX GT FIELDS 1 a")).isEqualTo(noFields);
        assertThat(server.line("HTTL h FIELDZ 1 a")).isEqualTo(noFields);
        assertThat(server.line("HEXPIRE h 10 FIELDS 2 a")).isEqualTo(otherCount);
        assertThat(server.line("HPERSIST h FIELDS 1 a b")).isEqualTo(otherCount);
        assertThat(server.line("HEXPIRE h 10 FIELDS 0 a"))
                .isEqualTo("-ERR Parameter `numFields` should be greater than 0\r\n");
        assertThat(server.line("HTTL h FIELDS x a")).isEqualTo("-ERR Number of fields must be a positive integer\r\n");
        assertThat(server.line("HEXPIRE h -1 FIELDS 1 a")).isEqualTo("-ERR invalid expire time, must be >= 0\r\n");
        assertThat(server.line("HEXPIRE h x FIELDS 1 a")).isEqualTo("-ERR value is not an integer or out of range\r\n");
        assertThat(server.line("HEXPIRE h 9223372036854775807 FIELDS 1 a"))
                .isEqualTo("-ERR invalid expire time in 'hexpire' command\r\n");
        assertThat(server.line("HPEXPIREAT h " + (1L << 46) + " FIELDS 1 a"))
                .isEqualTo("-ERR invalid expire time in 'hpexpireat' command\r\n");
        assertThat(server.line("HEXPIRE s 10 FIELDS 1 a")).startsWith("-WRONGTYPE");
        assertThat(server.line("HTTL s FIELDS 1 a")).startsWith("-WRONGTYPE");
        assertThat(server.line("HSETEX h FNX FXX FIELDS 1 a 1"))
                .isEqualTo("-ERR Only one of FXX or FNX arguments can be specified\r\n");
        assertThat(server.line("HSETEX h EX 1 KEEPTTL FIELDS 1 a 1"))
                .isEqualTo("-ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified\r\n");
        assertThat(server.line("HGETEX h PERSIST PX 1 FIELDS 1 a"))
                .isEqualTo("-ERR Only one of EX, PX, EXAT, PXAT or PERSIST arguments can be specified\r\n");
        assertThat(server.line("HGETEX h EX 1 FIELDS 0 a")).isEqualTo("-ERR invalid number of fields\r\n");
        assertThat(server.line("HSETEX h EX 1 FIELDS 2 a 1")).isEqualTo("-ERR wrong number of arguments\r\n");
        assertThat(server.line("HSETEX h PERSIST FIELDS 1 a 1")).isEqualTo("-ERR unknown argument: PERSIST\r\n");
        assertThat(server.line("HTTL h FIELDS 1 a")).isEqualTo(integers(-1));
        assertThat(server.line("HGET h a")).isEqualTo("$1\r\n1\r\n");
    }

    // ---- HGETDEL, HGETEX, HSETEX ----

    @ParameterizedTest
    @EnumSource
    void fields_are_got_and_deleted(Form form) {
        make(form, "h");
        server.logged();
        assertThat(server.line("HGETDEL h FIELDS 3 a none b")).isEqualTo("*3\r\n$1\r\n1\r\n$-1\r\n$1\r\n2\r\n");
        assertThat(server.logged()).containsExactly("0 HDEL h a b");
        assertThat(server.line("HGETDEL h FIELDS 1 none")).isEqualTo(nils(1));
        assertThat(server.logged()).isEmpty();
        server.line("HGETDEL h FIELDS 3 c d e");
        assertThat(server.line("EXISTS h")).isEqualTo(form.others() > 0 ? ":1\r\n" : ":0\r\n");
    }

    @ParameterizedTest
    @EnumSource
    void fields_are_got_and_given_a_time(Form form) {
        make(form, "h");
        server.logged();
        long nowMs = server.nowMs();
        assertThat(server.line("HGETEX h FIELDS 2 a none")).isEqualTo("*2\r\n$1\r\n1\r\n$-1\r\n");
        assertThat(server.logged()).isEmpty();
        assertThat(server.line("HGETEX h EX 10 FIELDS 2 a none")).isEqualTo("*2\r\n$1\r\n1\r\n$-1\r\n");
        assertThat(server.line("HGETEX h PXAT " + (nowMs + 500) + " FIELDS 1 b"))
                .isEqualTo("*1\r\n$1\r\n2\r\n");
        assertThat(server.line("HPTTL h FIELDS 3 a b c")).isEqualTo(integers(10_000, 500, -1));
        assertThat(server.line("HGETEX h PERSIST FIELDS 2 a c")).isEqualTo("*2\r\n$1\r\n1\r\n$1\r\n3\r\n");
        assertThat(server.line("HGETEX h PXAT 1 FIELDS 1 c")).isEqualTo("*1\r\n$1\r\n3\r\n");
        assertThat(server.line("HPTTL h FIELDS 3 a b c")).isEqualTo(integers(-1, 500, -2));
        assertThat(server.logged())
                .containsExactly(
                        "0 HPEXPIREAT h " + (nowMs + 10_000) + " FIELDS 1 a",
                        "0 HPEXPIREAT h " + (nowMs + 500) + " FIELDS 1 b",
                        "0 HPERSIST h FIELDS 1 a",
                        "0 HDEL h c");
    }

    @ParameterizedTest
    @EnumSource
    void fields_are_set_with_a_time_if_all_or_none_are_there(Form form) {
        make(form, "h");
        server.logged();
        long nowMs = server.nowMs();
        assertThat(server.line("HSETEX h FNX EX 10 FIELDS 2 a x new y")).isEqualTo(":0\r\n");
        assertThat(server.line("HSETEX h FXX EX 10 FIELDS 2 a x new y")).isEqualTo(":0\r\n");
        assertThat(server.logged()).isEmpty();
        assertThat(server.line("HSETEX h FNX EX 10 FIELDS 2 new x newer y")).isEqualTo(":1\r\n");
        assertThat(server.line("HSETEX h FXX PX 700 FIELDS 1 a x")).isEqualTo(":1\r\n");
        assertThat(server.line("HPTTL h FIELDS 4 new newer a b")).isEqualTo(integers(10_000, 10_000, 700, -1));
        assertThat(server.line("HSETEX h KEEPTTL FIELDS 2 a z b z")).isEqualTo(":1\r\n");
        assertThat(server.line("HPTTL h FIELDS 2 a b")).isEqualTo(integers(700, -1));
        assertThat(server.line("HSETEX h FIELDS 1 a y")).isEqualTo(":1\r\n");
        assertThat(server.line("HPTTL h FIELDS 1 a")).isEqualTo(integers(-1));
        assertThat(server.line("HMGET h a b new")).isEqualTo("*3\r\n$1\r\ny\r\n$1\r\nz\r\n$1\r\nx\r\n");
        assertThat(server.logged())
                .containsExactly(
                        "0 HSETEX h PXAT " + (nowMs + 10_000) + " FIELDS 2 new x newer y",
                        "0 HSETEX h PXAT " + (nowMs + 700) + " FIELDS 1 a x",
                        "0 HSETEX h KEEPTTL FIELDS 2 a z b z",
                        "0 HSET h a y");
        assertThat(server.line("HSETEX h PXAT 1 FIELDS 2 a 1 unseen 1")).isEqualTo(":1\r\n");
        assertThat(server.line("HMGET h a unseen")).isEqualTo(nils(2));
        assertThat(server.logged()).containsExactly("0 HDEL h a");
        assertThat(server.line("HSETEX made FXX FIELDS 1 a 1")).isEqualTo(":0\r\n");
        assertThat(server.line("HSETEX made EX 5 FIELDS 1 a 1")).isEqualTo(":1\r\n");
        assertThat(server.line("HTTL made FIELDS 1 a")).isEqualTo(integers(5));
    }

    @Test
    void options_may_stand_behind_the_fields() {
        assertThat(server.line("HSETEX h FIELDS 1 a 1 EX 10 FNX")).isEqualTo(":1\r\n");
        assertThat(server.line("HGETEX h FIELDS 1 a PERSIST")).isEqualTo("*1\r\n$1\r\n1\r\n");
        assertThat(server.line("HTTL h FIELDS 1 a")).isEqualTo(integers(-1));
    }

    // ---- what changes a time ----

    @ParameterizedTest
    @EnumSource
    void setting_a_field_takes_its_time_away(Form form) {
        make(form, "h");
        server.line("HPEXPIRE h 1000 FIELDS 4 a b c d");
        server.line("HSET h a 1");
        server.line("HSET h b other");
        server.line("HMSET h c 3");
        server.line("HSETNX h d no");
        assertThat(server.line("HPTTL h FIELDS 4 a b c d")).isEqualTo(integers(-1, -1, -1, 1000));
        assertThat(volatileHashes()).isEqualTo(1);
        server.line("HDEL h d");
        assertThat(volatileHashes()).isZero();
        server.line("HSET h d 4");
        advance(2000);
        tick();
        assertThat(server.line("HMGET h a b c d")).isEqualTo("*4\r\n$1\r\n1\r\n$5\r\nother\r\n$1\r\n3\r\n$1\r\n4\r\n");
    }

    // ---- when fields go ----

    @ParameterizedTest
    @EnumSource
    void a_field_goes_within_a_tick_of_its_time_and_not_before(Form form) {
        make(form, "h");
        for (int i = 0; i < 100; i++) server.run("HSET", "h", "f" + i, "v");
        for (int i = 0; i < 100; i++) server.run("HPEXPIRE", "h", "" + (i * 37 + 1), "FIELDS", "1", "f" + i);
        server.logged();
        long all = 100;
        for (int ms = 1; ms < 4000; ms++) {
            advance(1);
            server.engine().tick();
            long over = server.logged().size();
            all -= over;
            long notYet = 0;
            long latest = 0;
            for (int i = 0; i < 100; i++) {
                if (i * 37 + 1 >= ms) notYet++;
                if (i * 37 + 1 >= ms - 16) latest++;
            }
            assertThat(all).as("after " + ms + " ms").isBetween(notYet, latest);
        }
        assertThat(all).isZero();
        assertThat(volatileHashes()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void a_field_whose_time_is_over_is_seen_by_no_command_even_before_it_goes(Form form) {
        make(form, "h");
        server.run("HPEXPIRE", "h", "100", "FIELDS", "3", "a", "b", "c");
        server.line("CLIENT PAUSE 100000 WRITE"); // nothing is deleted meanwhile
        advance(101);
        int others = form.others();
        for (int round = 0; round < 2; round++) {
            tickSome();
            assertThat(server.line("HLEN h")).as("they are still there").isEqualTo(":" + (5 + others) + "\r\n");
            assertThat(server.line("HMGET h a b d")).isEqualTo("*3\r\n$-1\r\n$-1\r\n$1\r\n4\r\n");
            assertThat(server.line("HGET h a")).isEqualTo("$-1\r\n");
            assertThat(server.line("HEXISTS h a")).isEqualTo(":0\r\n");
            assertThat(server.line("HSTRLEN h a")).isEqualTo(":0\r\n");
            assertThat(server.line("HTTL h FIELDS 2 a d")).isEqualTo(integers(-2, -1));
            assertThat(pairs(server.line("HGETALL h"))).hasSize(2 + others).doesNotContainKeys("a", "b", "c");
            assertThat(elements(server.line("HKEYS h"))).hasSize(2 + others).doesNotContain("a");
            assertThat(elements(server.line("HVALS h"))).hasSize(2 + others).doesNotContain("1");
            assertThat(elements(server.line("HRANDFIELD h 5000")))
                    .hasSize(2 + others)
                    .doesNotContain("a", "b");
            assertThat(elements(server.line("HRANDFIELD h -500"))).doesNotContain("a", "b", "c");
            assertThat(server.line("HSCAN h 0 COUNT 5000")).doesNotContain("\r\na\r\n");
        }
        server.line("CLIENT UNPAUSE");
        assertThat(server.line("HINCRBY h a 5")).isEqualTo(":5\r\n");
        advance(7);
        assertThat(server.line("HLEN h")).isEqualTo(":" + (3 + others) + "\r\n");
        assertThat(server.line("HSETNX h b new")).isEqualTo(":1\r\n");
        assertThat(server.line("HSET h c new")).isEqualTo(":1\r\n");
        assertThat(server.line("HPTTL h FIELDS 3 a b c")).isEqualTo(integers(-1, -1, -1));
    }

    @ParameterizedTest
    @EnumSource
    void fields_all_due_at_once_are_let_go_in_steps_and_hidden_meanwhile(Form form) {
        make(form, "h");
        for (int i = 0; i < 400; i++) server.run("HSETEX", "h", "PX", "50", "FIELDS", "1", "f" + i, "v");
        advance(100);
        server.logged();
        server.line("HLEN h");
        assertThat(server.logged()).hasSizeBetween(64, 399); // of the 400, a look takes only some
        assertThat(pairs(server.line("HGETALL h"))).hasSize(5 + form.others());
        assertThat(elements(server.line("HRANDFIELD h 5000"))).hasSize(5 + form.others());
        while (volatileHashes() > 0) tick();
        assertThat(server.line("HLEN h")).isEqualTo(":" + (5 + form.others()) + "\r\n");
        assertThat(server.engine().statistics().expiredFields()).isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(strings = {"HRANDFIELD h", "HRANDFIELD h 3", "HRANDFIELD h -20"})
    void who_picks_fields_among_a_great_many_due_ones_lets_a_larger_portion_go(String line) {
        makeDue(20_000);
        assertThat(server.line(line)).doesNotContain("f");
        assertThat(server.logged()).hasSizeBetween(10_000, 19_999);
        server.line(line);
        assertThat(server.line("HLEN h")).isEqualTo(":5\r\n");
    }

    @Test
    void fields_are_picked_among_a_great_many_due_ones_that_may_not_go() {
        makeDue(20_000);
        server.line("CLIENT PAUSE 100000 WRITE");
        assertThat(elements(server.line("HRANDFIELD h 3"))).hasSize(3).isSubsetOf("a", "b", "c", "d", "e");
        assertThat(elements(server.line("HRANDFIELD h 6000"))).containsExactlyInAnyOrder("a", "b", "c", "d", "e");
        assertThat(elements(server.line("HRANDFIELD h 19000"))).containsExactlyInAnyOrder("a", "b", "c", "d", "e");
        List<String> drawn = elements(server.line("HRANDFIELD h -2000"));
        assertThat(drawn).hasSize(2000);
        assertThat(new HashSet<>(drawn)).containsExactlyInAnyOrder("a", "b", "c", "d", "e");
        assertThat(server.line("HLEN h")).isEqualTo(":20005\r\n");
    }

    @Test
    void a_command_that_meets_a_due_field_says_so_in_the_log_before_itself() {
        server.line("HSET h a 1 b 1");
        for (int i = 0; i < 100; i++) server.run("HSETEX", "h", "PX", "50", "FIELDS", "1", "f" + i, "1");
        server.line("HSETEX h PX 60 FIELDS 1 last 7");
        advance(100);
        server.logged();
        assertThat(server.line("HINCRBY h last 1")).isEqualTo(":1\r\n");
        List<String> logged = server.logged();
        assertThat(logged).endsWith("0 HDEL h last", "0 HINCRBY h last 1");
        assertThat(server.line("HSETEX h FNX FIELDS 1 f99 2")).isEqualTo(":1\r\n");
        assertThat(server.logged()).endsWith("0 HSET h f99 2").contains("0 HDEL h f99");
    }

    @ParameterizedTest
    @EnumSource
    void with_its_last_field_the_key_goes(Form form) {
        server.store().thresholds().hashMaxListpackEntries = form == Form.SMALL ? 512 : 0;
        int fields = 5 + form.others();
        for (int i = 0; i < fields; i++) server.run("HSETEX", "h", "PX", "100", "FIELDS", "1", "f" + i, "v");
        server.line("HSETEX lazy PX 100 FIELDS 1 a 1");
        server.logged();
        advance(101);
        assertThat(server.line("HGET lazy a")).isEqualTo("$-1\r\n");
        assertThat(server.line("EXISTS lazy")).isEqualTo(":0\r\n");
        advance(20);
        for (int i = 0; i < 10; i++) tick();
        assertThat(server.line("EXISTS h")).isEqualTo(":0\r\n");
        assertThat(server.logged()).hasSize(fields + 1).allMatch(line -> line.startsWith("0 HDEL "));
        assertThat(volatileHashes()).isZero();
    }

    @Test
    void of_many_volatile_fields_only_those_go_that_are_due() {
        for (int i = 0; i < 10_000; i++) server.run("HSETEX", "h", "EX", "" + (1000 + i), "FIELDS", "1", "f" + i, "v");
        server.line("HSETEX h PX 500 FIELDS 2 soon 1 soon2 2");
        server.logged();
        advance(510);
        tickSome();
        assertThat(server.logged()).containsExactlyInAnyOrder("0 HDEL h soon", "0 HDEL h soon2");
        assertThat(server.line("HLEN h")).isEqualTo(":10000\r\n");
    }

    @Test
    void info_counts_volatile_hashes_and_fields_that_expired() {
        server.line("HSETEX h PX 100 FIELDS 2 a 1 b 2");
        server.line("HSET other a 1");
        assertThat(server.run("INFO", "keyspace")).contains("db0:keys=2,expires=0,avg_ttl=0,subexpiry=1");
        advance(200);
        tick();
        assertThat(server.run("INFO", "stats")).contains("expired_subkeys:2\r\n", "expired_keys:0\r\n");
        assertThat(server.run("INFO", "keyspace")).contains("db0:keys=1,expires=0,avg_ttl=0,subexpiry=0");
    }

    @Test
    void a_watched_hash_whose_field_expires_has_changed() {
        server.line("HSETEX h PX 100 FIELDS 1 a 1");
        server.line("WATCH h");
        advance(200);
        tick();
        server.line("MULTI");
        server.line("SET x 1");
        assertThat(server.line("EXEC")).isEqualTo("*-1\r\n");
    }
}
