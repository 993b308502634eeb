package dev.cinnabar.bench.figures;

import java.util.Arrays;
import java.util.Locale;

/// Prints what was asked beside what was measured, and remembers whether all held.
final class Report {
    private boolean failed;

    Report(String title) {
        System.out.println(title);
    }

    /// A measure that must not be larger than asked.
    void atMost(String what, double asked, double measured, String unit) {
        line(what, "<= " + number(asked) + " " + unit, number(measured) + " " + unit, measured <= asked);
    }

    /// A measure that must not be smaller than asked.
    void atLeast(String what, double asked, double measured, String unit) {
        line(what, ">= " + number(asked) + " " + unit, number(measured) + " " + unit, measured >= asked);
    }

    /// Something that has to be as asked.
    void is(String what, Object asked, Object measured) {
        line(what, asked.toString(), measured.toString(), asked.equals(measured));
    }

    /// A measure beside which nothing was asked.
    void note(String what, double measured, String unit) {
        System.out.printf(Locale.ROOT, "  %-58s %18s %18s%n", what, "", number(measured) + " " + unit);
    }

    private void line(String what, String asked, String measured, boolean holds) {
        if (!holds) failed = true;
        System.out.printf(Locale.ROOT, "  %-58s %18s %18s  %s%n", what, asked, measured, holds ? "ok" : "MISSED");
    }

    private static String number(double d) {
        return String.format(Locale.ROOT, Math.abs(d) < 100 ? "%.2f" : "%.0f", d);
    }

    /// Ends the process: 0 when all held.
    void end() {
        System.exit(failed ? 1 : 0);
    }

    static double mb(double bytes) {
        return bytes / 1e6;
    }

    static double median(double... values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    /// @param share such as 0.99
    static double percentile(double[] values, double share) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[Math.min(sorted.length - 1, (int) (sorted.length * share))];
    }
}
