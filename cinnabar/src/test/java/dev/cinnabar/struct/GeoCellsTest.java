package dev.cinnabar.struct;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// No place in an area is outside of the cells that cover it; that is looked for by chance, at the ends of
/// the map above all.
class GeoCellsTest {
    private static final int SHAPES = 4_000;
    private static final int PLACES = 60;

    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);

    @ParameterizedTest
    @ValueSource(strings = {"circle", "box", "polygon"})
    void the_cells_hold_every_place_of_the_area_once(String kind) {
        for (int i = 0; i < SHAPES; i++) {
            GeoShape shape = shape(kind);
            List<Geohash.Cell> cells = GeoCells.covering(shape);
            assertThat(cells).as("seed " + seed).hasSizeBetween(1, 9).doesNotHaveDuplicates();
            for (int j = 0; j < PLACES; j++) {
                double spread = Math.pow(10, random.nextDouble() * 4 - 3);
                double longitude = within(shape.longitude() + random.nextGaussian() * spread, 180);
                double latitude = within(shape.latitude() + random.nextGaussian() * spread, 85.05);
                long score = Geohash.score(longitude, latitude);
                double x = Geohash.longitude(score);
                double y = Geohash.latitude(score);
                if (shape.distance(x, y) == GeoShape.OUTSIDE) continue;
                long holders = cells.stream()
                        .filter(cell -> score >= cell.firstScore() && score < cell.endScore())
                        .count();
                assertThat(holders)
                        .as("seed %s: place %s %s in %s with cells %s", seed, x, y, shape, cells)
                        .isEqualTo(1);
            }
        }
    }

    private GeoShape shape(String kind) {
        double longitude =
                random.nextInt(4) == 0 ? random.nextInt(2) * 359.9 - 179.95 : random.nextDouble() * 360 - 180;
        double latitude = random.nextDouble() * 170 - 85;
        double size = Math.pow(10, 1 + random.nextDouble() * 6.5);
        return switch (kind) {
            case "circle" -> new GeoShape.Circle(longitude, latitude, size);
            case "box" -> new GeoShape.Box(longitude, latitude, size, size * Math.pow(10, random.nextDouble() * 4 - 2));
            default -> polygon(longitude, latitude);
        };
    }

    private GeoShape polygon(double longitude, double latitude) {
        double size = Math.pow(10, random.nextDouble() * 5 - 3); // degrees
        double[] points = new double[2 * (3 + random.nextInt(8))];
        for (int i = 0; i < points.length; i += 2) {
            points[i] = Math.max(-180, Math.min(180, longitude + random.nextGaussian() * size));
            points[i + 1] = Math.max(-85, Math.min(85, latitude + random.nextGaussian() * size));
        }
        return GeoShape.Polygon.of(points);
    }

    /// Around the world and back.
    private static double within(double degrees, double max) {
        return degrees > max
                ? Math.max(-max, degrees - 2 * max)
                : degrees < -max ? Math.min(max, degrees + 2 * max) : degrees;
    }

    @Test
    void a_circle_with_a_pole_in_it_reaches_all_around() {
        GeoShape circle = new GeoShape.Circle(-179.95, -79.92843340852625, 1133864.8062112182);
        long score = Geohash.score(179.8622015118599, -79.1610971005583);
        assertThat(GeoCells.covering(circle)).anyMatch(cell -> score >= cell.firstScore() && score < cell.endScore());
    }

    @Test
    void an_area_that_is_the_whole_world_has_four_cells() {
        assertThat(GeoCells.covering(new GeoShape.Circle(10, 10, 5e7))).hasSize(4);
    }
}
