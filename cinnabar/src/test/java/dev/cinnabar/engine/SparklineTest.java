package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SparklineTest {
    private final Sparkline line = new Sparkline();

    @Test
    void equal_values_lie_on_the_ground() {
        line.add(5, "1s");
        line.add(5, "0s");
        assertThat(line.draw(80, 2)).isEqualTo("  \n__\n  \n10\nss\n");
    }

    @Test
    void labels_of_different_lengths_end_where_they_end() {
        line.add(0, "10m");
        line.add(6, "9m");
        assertThat(line.draw(80, 1)).isEqualTo("_#\n  \n19\n0m\nm \n");
    }

    @Test
    void what_does_not_fit_goes_below_in_the_same_scale() {
        line.add(0, "a");
        line.add(3, "b");
        line.add(6, "c");
        assertThat(line.draw(2, 1)).isEqualTo("_o\n  \nab\n\n#\n \nc\n");
    }
}
