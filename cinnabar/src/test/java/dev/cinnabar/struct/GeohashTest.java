package dev.cinnabar.struct;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.struct.Geohash.Cell;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Scores and places are compared with a real server in `GeoTwinTest`; here is what can be said without one.
class GeohashTest {
    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);

    @Test
    void bits_take_turns_those_of_x_first() {
        assertThat(Geohash.interleave(0b1011, 0b0110)).isEqualTo(0b10011110);
        assertThat(Geohash.interleave(0, 0xffffffffL)).isEqualTo(0x5555555555555555L);
        assertThat(Geohash.interleave(0xffffffffL, 0)).isEqualTo(0xaaaaaaaaaaaaaaaaL);
        for (int i = 0; i < 1000; i++) {
            long x = random.nextInt() & 0xffffffffL;
            long y = random.nextInt() & 0xffffffffL;
            long expected = 0;
            for (int bit = 0; bit < 32; bit++) {
                expected |= (y >>> bit & 1) << 2 * bit | (x >>> bit & 1) << 2 * bit + 1;
            }
            assertThat(Geohash.interleave(x, y)).as("seed " + seed).isEqualTo(expected);
        }
    }

    @Test
    void a_place_comes_back_as_the_middle_of_a_cell_that_is_less_than_a_meter_wide() {
        for (int i = 0; i < 1000; i++) {
            double longitude = random.nextDouble() * 360 - 180;
            double latitude = random.nextDouble() * 170 - 85;
            long score = Geohash.score(longitude, latitude);
            double x = Geohash.longitude(score);
            double y = Geohash.latitude(score);
            assertThat(GeoShape.between(longitude, latitude, x, y))
                    .as("seed " + seed)
                    .isLessThan(0.5);
            assertThat(Geohash.score(x, y)).as("seed " + seed).isEqualTo(score);
        }
    }

    @Test
    void a_score_is_exact_in_a_double_and_its_cells_are_its_prefixes() {
        for (int i = 0; i < 1000; i++) {
            double longitude = random.nextDouble() * 360 - 180;
            double latitude = random.nextDouble() * 170 - 85;
            long score = Geohash.score(longitude, latitude);
            assertThat((long) (double) score).isEqualTo(score);
            for (int steps = 1; steps <= Geohash.MAX_STEPS; steps++) {
                Cell cell = Cell.of(longitude, latitude, steps);
                int shift = 2 * (Geohash.MAX_STEPS - steps);
                assertThat(cell.firstScore() >>> shift).as("seed " + seed).isEqualTo(score >>> shift);
                assertThat(cell.endScore() - cell.firstScore()).isEqualTo(1L << shift);
            }
        }
    }

    @Test
    void neighbours_touch_each_other_and_go_on_behind_the_end_of_the_map() {
        Cell cell = Cell.of(10, 20, 10);
        assertThat(cell.neighbour(1, 0).west()).isEqualTo(cell.east());
        assertThat(cell.neighbour(-1, 0).east()).isEqualTo(cell.west());
        assertThat(cell.neighbour(0, 1).south()).isEqualTo(cell.north());
        assertThat(cell.neighbour(0, -1).north()).isEqualTo(cell.south());
        assertThat(cell.neighbour(1, 1).neighbour(-1, -1)).isEqualTo(cell);
        Cell last = Cell.of(179.99, 20, 10);
        assertThat(last.neighbour(1, 0).west()).isEqualTo(-180);
        assertThat(last.neighbour(1, 0).neighbour(-1, 0)).isEqualTo(last);
    }

    @Test
    void the_text_is_the_one_of_geohash_org() {
        byte[] text = new byte[Geohash.TEXT_CHARS];
        Geohash.print(Geohash.score(-5.6, 42.6), text);
        assertThat(new String(text, StandardCharsets.US_ASCII)).isEqualTo("ezs42e44yx0");
    }

    @Test
    void any_number_is_the_score_of_some_place_on_the_map() {
        for (double score : new double[] {
            0,
            -0.0,
            -1,
            -5.5,
            1.5,
            0x1p52,
            0x1p63,
            0x1p64,
            1e300,
            Double.MAX_VALUE,
            Double.POSITIVE_INFINITY,
            Double.NEGATIVE_INFINITY
        }) {
            assertThat(Geohash.isPlace(Geohash.longitude(score), Geohash.latitude(score)))
                    .as("" + score)
                    .isTrue();
        }
    }

    @Test
    void what_has_no_score_is_no_place() {
        assertThat(Geohash.isPlace(180, Geohash.MAX_LATITUDE)).isTrue();
        assertThat(Geohash.isPlace(180.0001, 0)).isFalse();
        assertThat(Geohash.isPlace(0, 85.06)).isFalse();
        assertThat(Geohash.isPlace(Double.NaN, 0)).isFalse();
    }
}
