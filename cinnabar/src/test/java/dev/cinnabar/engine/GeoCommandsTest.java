package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// The promises of the places on earth, on both encodings of sorted sets. Replies are compared with a real
/// server in `GeoTwinTest`.
class GeoCommandsTest {
    private static final String SICILY = "GEOADD sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania";

    private final TestServer server = new TestServer();

    @AfterEach
    void the_store_is_sound() {
        server.store().checkInvariants();
    }

    static Stream<Arguments> encodings() {
        return Stream.of("listpack", "skiplist")
                .flatMap(encoding -> Stream.of(Arguments.of(encoding, 2), Arguments.of(encoding, 3)));
    }

    private void use(String encoding, int protocol) {
        server.speak(protocol);
        server.store().thresholds().zsetMaxListpackEntries = encoding.equals("listpack") ? 128 : 0;
    }

    private String ask(String line) {
        return server.line(line).replace("\r\n", " ").strip();
    }

    // ---- places ----

    @ParameterizedTest
    @MethodSource("encodings")
    void places_are_scores_that_come_back_as_places_hashes_and_distances(String encoding, int protocol) {
        use(encoding, protocol);
        assertThat(ask(SICILY)).isEqualTo(":2");

        assertThat(ask("OBJECT ENCODING sicily")).endsWith(encoding);
        assertThat(ask("ZSCORE sicily Palermo")).endsWith("3479099956230698");
        assertThat(ask("GEOHASH sicily Palermo none")).isEqualTo("*2 $11 sqc8b49rny0 " + (protocol == 3 ? "_" : "$-1"));
        assertThat(ask("GEODIST sicily Palermo Catania")).isEqualTo("$11 166274.1516");
        assertThat(ask("GEODIST sicily Palermo Catania km")).isEqualTo("$8 166.2742");
        assertThat(ask("GEODIST sicily Palermo none")).isEqualTo(protocol == 3 ? "_" : "$-1");
        assertThat(ask("GEOPOS sicily none Catania"))
                .isEqualTo(
                        protocol == 3
                                ? "*2 _ *2 ,15.08726745843887329 ,37.50266842333162032"
                                : "*2 *-1 *2 $20 15.08726745843887329 $20 37.50266842333162032");
        assertThat(ask("GEOPOS none a")).isEqualTo(protocol == 3 ? "*1 _" : "*1 *-1");
    }

    @Test
    void options_of_geoadd_say_which_members_change() {
        ask(SICILY);
        assertThat(ask("GEOADD sicily NX 1 1 Palermo 2 2 new")).isEqualTo(":1");
        assertThat(ask("GEOADD sicily XX CH 1 1 Palermo 3 3 other")).isEqualTo(":1");
        assertThat(ask("GEOADD sicily XX 1 1 Palermo")).isEqualTo(":0");
        assertThat(ask("ZCARD sicily")).isEqualTo(":3");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "GEOADD g 181 0 a; ERR invalid longitude,latitude pair 181.000000,0.000000",
                "GEOADD g 1 1 a 0 -85.06 b; ERR invalid longitude,latitude pair 0.000000,-85.060000",
                "GEOADD g 1 x a; ERR value is not a valid float",
                "GEOADD g NX XX 1 1 a; ERR syntax error",
                "GEOADD g 1 1 a 2 2; ERR syntax error",
                "GEODIST sicily Palermo Catania yd; ERR unsupported unit provided. please use M, KM, FT, MI",
                "GEORADIUS sicily 1 1 x km; ERR need numeric radius",
                "GEORADIUS sicily 1 1 -1 km; ERR radius cannot be negative",
                "GEORADIUS sicily 1 1 1 km COUNT 0; ERR COUNT must be > 0",
                "GEORADIUS sicily 1 1 1 km ANY; ERR the ANY argument requires COUNT argument",
                "GEORADIUS sicily 1 1 1 km STORE d WITHDIST; ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options",
                "GEORADIUS_RO sicily 1 1 1 km STORE d; ERR syntax error",
                "GEORADIUSBYMEMBER sicily none 1 km; ERR could not decode requested zset member",
                "GeoSearch sicily BYRADIUS 1 km ASC DESC ASC; ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GeoSearch",
                "GEOSEARCH sicily FROMLONLAT 1 1 ASC ASC; ERR exactly one of BYRADIUS and BYBOX can be specified for GEOSEARCH",
                "GEOSEARCH sicily FROMLONLAT 1 1 FROMMEMBER Palermo BYRADIUS 1 km; ERR syntax error",
                "GEOSEARCH sicily FROMLONLAT 1 1 BYBOX 1 -1 km; ERR height or width cannot be negative",
                "GEOSEARCH sicily FROMLONLAT 1 1 BYPOLYGON 3 1 1 2 2 3 1; ERR syntax error",
                "GEOSEARCH sicily BYPOLYGON 3 1 1 2 2 3 1 FROMLONLAT 1 1; ERR syntax error",
                "GEOSEARCH sicily BYPOLYGON 2 1 1 2 2; ERR BYPOLYGON needs at least 3 vertices",
                "GEOSEARCH sicily BYPOLYGON 4 1 1 2 2 3 1; ERR syntax error",
                "GEOSEARCH sicily BYPOLYGON 3 1 1 2 2 3 100; ERR invalid longitude,latitude pair 3.000000,100.000000",
                "GEOSEARCHSTORE d sicily FROMLONLAT 1 1 BYRADIUS 1 km WITHDIST; ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options"
            })
    void what_cannot_be_understood_is_refused_and_changes_nothing(String line, String error) {
        ask(SICILY);
        server.logged();
        assertThat(ask(line)).isEqualTo("-" + error);
        assertThat(ask("EXISTS g d")).isEqualTo(":0");
        assertThat(server.logged()).isEmpty();
    }

    // ---- searching ----

    @ParameterizedTest
    @MethodSource("encodings")
    void areas_are_circles_boxes_and_polygons(String encoding, int protocol) {
        use(encoding, protocol);
        ask(SICILY);
        ask("GEOADD sicily 12.758489 38.788135 edge1 17.241510 38.788135 edge2");

        assertThat(ask("GEOSEARCH sicily FROMLONLAT 15 37 BYRADIUS 200 km ASC")).isEqualTo("*2 $7 Catania $7 Palermo");
        assertThat(ask("GEOSEARCH sicily FROMLONLAT 15 37 BYBOX 400 400 km ASC WITHDIST"))
                .isEqualTo("*4 *2 $7 Catania $7 56.4413 *2 $7 Palermo $8 190.4424 *2 $5 edge2 $8 279.7403"
                        + " *2 $5 edge1 $8 279.7405");
        // the example of the manual of Valkey 9
        assertThat(ask("GEOSEARCH sicily BYPOLYGON 5 12.41098696654226 38.05033923003755 15.107936245794182"
                        + " 38.00616649901906 18.148439288534455 38.63804787603499 17.80831874257693 39.50316813110968"
                        + " 12.458468633214036 38.57719533463012 ASC WITHDIST"))
                .isEqualTo("*2 *2 $7 Palermo $11 166482.0159 *2 $5 edge2 $11 180861.7725");
        assertThat(ask("GEORADIUSBYMEMBER sicily Catania 200 km DESC COUNT 1")).isEqualTo("*1 $7 Palermo");
        assertThat(ask("GEOSEARCH sicily FROMMEMBER Catania BYRADIUS 1 m WITHHASH"))
                .isEqualTo("*1 *2 $7 Catania :3479447370796909");
        assertThat(ask("GEOSEARCH none FROMMEMBER Catania BYRADIUS 1 m")).isEqualTo("*0");
    }

    @ParameterizedTest
    @MethodSource("encodings")
    void a_search_finds_all_that_are_inside_and_no_others(String encoding, int protocol) {
        use(encoding, protocol);
        Random random = new Random(7);
        int size = encoding.equals("listpack") ? 100 : 3000;
        for (int i = 0; i < size; i++)
            ask("GEOADD g " + (random.nextDouble() * 20 - 10) + " " + (random.nextDouble() * 20 - 10) + " m" + i);
        for (double radius : new double[] {0, 1, 10, 100, 300, 1000, 3000}) {
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < size; i++) {
                String distance = ask("GEODIST g m0 m" + i + " km").split(" ")[1];
                if (Double.parseDouble(distance) <= radius) expected.add("m" + i);
            }
            List<String> found = new ArrayList<>();
            String[] lines = server.line("GEOSEARCH g FROMMEMBER m0 BYRADIUS " + radius + " km")
                    .split("\r\n");
            for (int i = 2; i < lines.length; i += 2) found.add(lines[i]);
            assertThat(found).as("radius " + radius).containsExactlyInAnyOrderElementsOf(expected);
        }
        assertThat(ask("GEOSEARCH g FROMMEMBER m0 BYRADIUS 3000 km COUNT 7 ANY"))
                .startsWith("*7 ");
        assertThat(ask("GEOSEARCH g FROMMEMBER m0 BYRADIUS 3000 km COUNT 1")).isEqualTo("*1 $2 m0");
    }

    @Test
    void a_concave_polygon_leaves_out_what_is_in_its_bay() {
        ask("GEOADD g 1 5 left 5 5 bay 9 5 right 5 1 bottom 11 5 outside");
        assertThat(ask("GEOSEARCH g BYPOLYGON 8 0 0 10 0 10 10 8 10 8 2 2 2 2 10 0 10 ASC"))
                .startsWith("*3 ")
                .contains("bottom", "left", "right");
    }

    // ---- storing, events and the log ----

    @ParameterizedTest
    @MethodSource("encodings")
    void what_is_found_can_be_stored_with_scores_or_distances(String encoding, int protocol) {
        use(encoding, protocol);
        ask(SICILY);
        assertThat(ask("GEOSEARCHSTORE d sicily FROMLONLAT 15 37 BYRADIUS 200 km"))
                .isEqualTo(":2");
        assertThat(ask("ZRANGE d 0 -1 WITHSCORES")).isEqualTo(ask("ZRANGE sicily 0 -1 WITHSCORES"));
        assertThat(ask("OBJECT ENCODING d")).endsWith(encoding);
        assertThat(ask("GEORADIUS sicily 15 37 200 km COUNT 1 STORE none STOREDIST d"))
                .isEqualTo(":1");
        assertThat(ask("EXISTS none")).isEqualTo(":0");
        assertThat(ask("ZSCORE d Catania")).contains("56.4412578701");
        assertThat(ask("GEOSEARCHSTORE d sicily FROMLONLAT 100 37 BYRADIUS 1 m"))
                .isEqualTo(":0");
        assertThat(ask("EXISTS d")).isEqualTo(":0");
    }

    @Test
    void events_name_what_happened() {
        assertThat(server.events("GEOADD", "g", "1", "1", "a")).containsExactly("0 z zadd g");
        assertThat(server.events("GEOADD", "g", "1", "1", "a")).isEmpty();
        assertThat(server.events("GEORADIUS", "g", "1", "1", "1", "km", "STORE", "d"))
                .containsExactly("0 z georadiusstore d");
        assertThat(server.events("GEOSEARCHSTORE", "d", "g", "FROMLONLAT", "1", "1", "BYRADIUS", "1", "km"))
                .containsExactly("0 z geosearchstore d");
        assertThat(server.events("GEOSEARCHSTORE", "d", "g", "FROMLONLAT", "9", "1", "BYRADIUS", "1", "km"))
                .containsExactly("0 g del d");
        assertThat(server.events("GEORADIUS", "g", "9", "1", "1", "km", "STORE", "d"))
                .isEmpty();
    }

    @Test
    void places_are_logged_as_scores_and_searches_as_they_came() {
        ask("GEOADD g CH 13.361389 38.115556 Palermo");
        ask("GEOADD g CH 13.361389 38.115556 Palermo");
        ask("GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 200 km STOREDIST");
        ask("GEORADIUS g 15 37 200 km");
        List<String> logged = server.logged();
        assertThat(logged)
                .containsExactly(
                        "0 ZADD g CH 3479099956230698 Palermo",
                        "0 GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 200 km STOREDIST");

        TestServer other = new TestServer();
        for (String line : logged) other.replay(line.substring(2).split(" "));
        for (String key : List.of("g", "d"))
            assertThat(other.line("ZRANGE " + key + " 0 -1 WITHSCORES"))
                    .isEqualTo(server.line("ZRANGE " + key + " 0 -1 WITHSCORES"));
    }

    @Test
    void a_search_that_memory_is_too_short_to_store_leaves_everything_as_it_was() {
        TestServer small = new TestServer(16 << 20);
        small.line("ZADD d 7 old");
        String lastReply = "";
        int size = 0;
        while (!lastReply.startsWith("-") && size < 2000) {
            lastReply = small.run("GEOADD", "g", "" + size * 0.01, "1", size + "x".repeat(20_000));
            if (!lastReply.startsWith("-")) size++;
        }
        assertThat(lastReply).startsWith("-OOM");
        small.line("ZREM g 0" + "x".repeat(20_000));
        assertThat(small.line("GEORADIUS g 1 1 5000 km STORE d")).startsWith("-OOM");
        assertThat(small.line("ZRANGE d 0 -1")).isEqualTo("*1\r\n$3\r\nold\r\n");
        small.store().checkInvariants();
    }
}
