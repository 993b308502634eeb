package dev.cinnabar.engine;

import dev.cinnabar.base.Randomness;

/// What LOLWUT draws: a crystal of cinnabar, grown by chance from a seed in the middle, the same on its left
/// and on its right.
final class Crystal {
    private static final int HEIGHT = 9; // lines
    private static final int HALF = 11; // columns left of the axis
    private static final String FACES = "/\\*+.";

    private Crystal() {}

    static String draw(Randomness randomness) {
        StringBuilder text = new StringBuilder();
        for (int line = 0; line < HEIGHT; line++) {
            int reach = HALF - Math.abs(line - HEIGHT / 2) * 2;
            StringBuilder left = new StringBuilder();
            for (int column = 0; column < HALF; column++) {
                boolean isInside = column >= HALF - reach;
                left.append(isInside ? FACES.charAt(randomness.below(FACES.length())) : ' ');
            }
            String right = left.toString().replace('/', '?').replace('\\', '/').replace('?', '\\');
            text.append(left)
                    .append('|')
                    .append(new StringBuilder(right).reverse())
                    .append('\n');
        }
        return text.append("Redis ver. ")
                .append(Version.REDIS)
                .append(", by Cinnabar ")
                .append(Version.CINNABAR)
                .append('\n')
                .toString();
    }
}
