package dev.cinnabar.struct;

import java.nio.charset.StandardCharsets;

/// A place on earth as one whole number, so that a sorted set can find what is near: a geohash of 52 bits.
///
/// Longitudes go from -180 to 180 degrees, latitudes from -85.05112878 to 85.05112878, where Mercator's
/// square map of the world ends. Numbers are those of Redis, bit by bit, its oddities included.
public final class Geohash {
    /*
     * Each axis is halved again and again: 0 is the western or southern half, 1 the other one. After 26 steps
     * an axis is a number of 26 bits, and a cell is 0.6 m wide at the equator. The bits of both axes are
     * interleaved, latitudes in the even places:
     *
     *      longitude (x)   1   0   1   1         place 51 … 1, the odd ones
     *      latitude  (y)     0   1   1   0       place 50 … 0, the even ones
     *      ──────────────────────────────
     *      bits            1 0 0 1 1 1 1 0       52 in all, which a double holds exactly: it is the score
     *
     * So a prefix of the bits is a larger cell, and all places in a cell have scores in one range. Two steps,
     * sixteen cells, in the order of their numbers, make the Z that G. M. Morton drew in 1966:
     *
     *      y = 3     5   7  13  15
     *      y = 2     4   6  12  14               cell (x, y) of `steps` steps holds the scores
     *      y = 1     1   3   9  11
     *      y = 0     0   2   8  10                   bits << 52 - 2·steps   up to, not including,   bits + 1 << 52 - 2·steps
     *            x = 0   1   2   3
     *
     * Near places mostly have near numbers, but not across the edge of a large cell (7 and 13 above): whoever
     * searches asks the cell and its eight neighbours. GeoCells does.
     *
     * Oddities. The very end of an axis, 180 degrees, is not in the last cell but behind it: its number has
     * one bit more than there are steps, and it is decoded to a place behind the end, which is then moved to
     * the end. No neighbour leads there, so a search that does not begin there does not find it. Redis does
     * the same, and scores have to be the same.
     */

    /// Halvings of each axis in a score.
    public static final int MAX_STEPS = 26;

    /// Degrees, to the west and to the east.
    public static final double MAX_LONGITUDE = 180;

    /// Degrees, to the south and to the north.
    public static final double MAX_LATITUDE = 85.05112878;

    /// Characters of the text that [#print] writes.
    public static final int TEXT_CHARS = 11;

    private static final double POLE = 90; // degrees; the geohash that people exchange reaches to the poles
    private static final byte[] ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz".getBytes(StandardCharsets.US_ASCII);
    private static final int BITS_PER_CHAR = 5;
    private static final long AXIS_MASK = 0xffffffffL;
    private static final long[] GROUPS = { // 2^i ones and 2^i zeros take turns
        0x5555555555555555L, 0x3333333333333333L, 0x0f0f0f0f0f0f0f0fL, 0x00ff00ff00ff00ffL, 0x0000ffff0000ffffL
    };

    private Geohash() {}

    // ---- places and scores ----

    /// Whether there is a score for this place.
    public static boolean isPlace(double longitude, double latitude) {
        return longitude >= -MAX_LONGITUDE
                && longitude <= MAX_LONGITUDE
                && latitude >= -MAX_LATITUDE
                && latitude <= MAX_LATITUDE;
    }

    /// The score of a place, in degrees.
    public static long score(double longitude, double latitude) {
        return interleave(step(longitude, MAX_LONGITUDE, MAX_STEPS), step(latitude, MAX_LATITUDE, MAX_STEPS));
    }

    /// The longitude of the middle of a score's cell. Any number is a score here, though not that of a place.
    public static double longitude(double score) {
        return middle(everySecond(bits(score) >>> 1), MAX_LONGITUDE);
    }

    /// The latitude of the middle of a score's cell.
    public static double latitude(double score) {
        return middle(everySecond(bits(score)), MAX_LATITUDE);
    }

    /// The bits of a score. A score that is no whole number, or a negative one, comes from a sorted set that
    /// was made for something else; it means what it means on a machine where C turns a double into an
    /// unsigned number.
    private static long bits(double score) {
        if (score < 0x1p63) return (long) score;
        return score < 0x1p64 ? (long) (score - 0x1p63) ^ Long.MIN_VALUE : 0;
    }

    /// In which of the 2^steps parts of an axis a value lies; the end of the axis is in the part behind the
    /// last.
    static long step(double value, double max, int steps) {
        return (long) ((value + max) / (max + max) * (1L << steps));
    }

    /// Where a part of an axis begins.
    static double begin(long part, double max, int steps) {
        return -max + (double) part / (1L << steps) * (max + max);
    }

    private static double middle(long part, double max) {
        double middle = (begin(part, max, MAX_STEPS) + begin(part + 1 & AXIS_MASK, max, MAX_STEPS)) / 2;
        return Math.max(-max, Math.min(max, middle));
    }

    // ---- interleaving ----

    /// Puts the bits of x into the odd places and those of y into the even ones.
    static long interleave(long x, long y) {
        return spread(x) << 1 | spread(y);
    }

    /// Makes room for one bit behind each of 32: halves move apart by 16 places, quarters by 8, and so on.
    private static long spread(long v) {
        v &= AXIS_MASK;
        for (int i = GROUPS.length - 1; i >= 0; i--) v = (v | v << (1 << i)) & GROUPS[i];
        return v;
    }

    /// Takes the bits in the even places together: the way back.
    private static long everySecond(long v) {
        v &= GROUPS[0];
        for (int i = 1; i < GROUPS.length; i++) v = (v | v >>> (1 << i - 1)) & GROUPS[i];
        return (v | v >>> 16) & AXIS_MASK;
    }

    // ---- the text that people exchange ----

    /// Writes the geohash of a score's place as text, as geohash.org has it: 32 letters and digits, which
    /// have 5 bits each, over an area that reaches to the poles. The last character would need three bits
    /// more than there are; it is always `0`.
    ///
    /// @param target of at least [#TEXT_CHARS] bytes
    public static void print(double score, byte[] target) {
        long bits =
                interleave(step(longitude(score), MAX_LONGITUDE, MAX_STEPS), step(latitude(score), POLE, MAX_STEPS));
        for (int i = 0; i < TEXT_CHARS; i++) {
            int shift = 2 * MAX_STEPS - BITS_PER_CHAR * (i + 1);
            target[i] = ALPHABET[shift < 0 ? 0 : (int) (bits >>> shift) & 31];
        }
    }

    // ---- cells ----

    /// A rectangle of the map: part x of the longitudes, part y of the latitudes, of 2^steps parts each.
    public record Cell(long x, long y, int steps) {
        /// The cell of so many steps in which a place lies.
        public static Cell of(double longitude, double latitude, int steps) {
            return new Cell(step(longitude, MAX_LONGITUDE, steps), step(latitude, MAX_LATITUDE, steps), steps);
        }

        /// A neighbour; beyond the end of the map it goes on at the other side, over the poles too.
        ///
        /// @param dx cells to the east, negative to the west
        /// @param dy cells to the north, negative to the south
        public Cell neighbour(int dx, int dy) {
            long mask = (1L << steps) - 1;
            return new Cell(dx == 0 ? x : x + dx & mask, dy == 0 ? y : y + dy & mask, steps);
        }

        public double west() {
            return begin(x, MAX_LONGITUDE, steps);
        }

        public double east() {
            return begin(x + 1, MAX_LONGITUDE, steps);
        }

        public double south() {
            return begin(y, MAX_LATITUDE, steps);
        }

        public double north() {
            return begin(y + 1, MAX_LATITUDE, steps);
        }

        /// The lowest score in the cell.
        public long firstScore() {
            return interleave(x, y) << 2 * (MAX_STEPS - steps);
        }

        /// The lowest score above it.
        public long endScore() {
            return interleave(x, y) + 1 << 2 * (MAX_STEPS - steps);
        }
    }
}
