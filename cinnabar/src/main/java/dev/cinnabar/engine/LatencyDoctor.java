package dev.cinnabar.engine;

import dev.cinnabar.engine.LatencyMonitor.Series;
import java.util.Locale;
import java.util.Map;

/// What LATENCY DOCTOR says: the delays that were noted, event by event, and what an operator can do about
/// them.
final class LatencyDoctor {
    private LatencyDoctor() {}

    static String report(LatencyMonitor monitor, Settings settings, long nowMs) {
        if (settings.latencyThresholdMs <= 0) {
            return "Delays are not being noted: the latency monitor is off. Switch it on with CONFIG SET"
                    + " latency-monitor-threshold <milliseconds>, and ask again when something has been slow.\n";
        }
        if (monitor.events().isEmpty()) {
            return "No delay of " + settings.latencyThresholdMs + " ms or more has been noted.\n";
        }
        StringBuilder text = new StringBuilder("Delays of " + settings.latencyThresholdMs + " ms or more:\n\n");
        int number = 1;
        for (Map.Entry<String, Series> event : monitor.events().entrySet()) {
            text.append(number++).append(". ").append(event.getKey()).append(": ");
            describe(text, event.getValue(), nowMs / 1000);
        }
        text.append('\n');
        advise(text, monitor, settings);
        return text.toString();
    }

    private static void describe(StringBuilder text, Series series, long nowSeconds) {
        int n = series.size();
        long sum = 0;
        for (int i = 0; i < n; i++) sum += series.millis(i);
        double mean = (double) sum / n;
        double deviation = 0;
        for (int i = 0; i < n; i++) deviation += Math.abs(series.millis(i) - mean);
        double period = (double) Math.max(0, nowSeconds - series.second(0)) / n;
        text.append(String.format(
                Locale.ROOT,
                "%d noted, %.0f ms on average (mean deviation %.0f ms), one in %.2f seconds, the longest ever %d ms.\n",
                n,
                mean,
                deviation / n,
                period,
                series.maxMs()));
    }

    private static void advise(StringBuilder text, LatencyMonitor monitor, Settings settings) {
        for (String event : monitor.events().keySet()) {
            String advice = advice(event, settings);
            if (!advice.isEmpty())
                text.append("- ").append(event).append(": ").append(advice).append('\n');
        }
    }

    private static String advice(String event, Settings settings) {
        return switch (event) {
            case "command" ->
                slowLogAdvice(settings)
                        + " Commands that walk a whole collection or keyspace take as long as that is large.";
            case "fast-command" ->
                "Commands that never take long by themselves did: look for a busy or swapping machine, or for long"
                        + " pauses of the Java machine's collector.";
            case "expire-cycle", "eviction-cycle" ->
                "Very many keys, or very large ones, went at the same time. Spread"
                        + " expiry times, and split what is large.";
            default ->
                event.startsWith("aof-")
                        ? "The disk did not keep up with the log. Look for other programs that write to it, or choose a lazier appendfsync."
                        : "";
        };
    }

    private static String slowLogAdvice(Settings settings) {
        long threshold = settings.latencyThresholdMs * 1000;
        if (settings.slowerThanMicros < 0 || settings.slowLogLength <= 0) {
            return "The slow log, which would tell which commands they were, is off (slowlog-log-slower-than, slowlog-max-len).";
        }
        if (settings.slowerThanMicros > threshold) {
            return "The slow log misses some of them; CONFIG SET slowlog-log-slower-than " + threshold
                    + " makes it note them all.";
        }
        return "SLOWLOG GET tells which commands they were.";
    }
}
