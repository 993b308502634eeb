package dev.cinnabar.engine;

import java.util.Map;
import java.util.TreeMap;

/// What took longer than `latency-monitor-threshold`: for each kind of event the last 160 occurrences, one a
/// second at the most. Touched only under the engine's lock.
public final class LatencyMonitor {
    /// How many occurrences are kept of each event.
    public static final int HISTORY = 160;

    private final Map<String, Series> byEvent = new TreeMap<>();

    /// The occurrences of one event: a ring of seconds and milliseconds.
    public static final class Series {
        private final long[] seconds = new long[HISTORY];
        private final long[] millis = new long[HISTORY];
        private long count;
        private long maxMs;

        void add(long second, long ms) {
            maxMs = Math.max(maxMs, ms);
            int last = (int) ((count - 1) % HISTORY);
            if (count > 0 && seconds[last] == second) {
                millis[last] = Math.max(millis[last], ms);
                return;
            }
            int i = (int) (count++ % HISTORY);
            seconds[i] = second;
            millis[i] = ms;
        }

        /// How many are kept.
        public int size() {
            return (int) Math.min(count, HISTORY);
        }

        /// When, in seconds since 1970.
        ///
        /// @param i 0 for the oldest kept
        public long second(int i) {
            return seconds[(int) ((count - size() + i) % HISTORY)];
        }

        /// How long, in milliseconds: the worst in that second.
        public long millis(int i) {
            return millis[(int) ((count - size() + i) % HISTORY)];
        }

        /// The worst of all, also of those not kept.
        public long maxMs() {
            return maxMs;
        }
    }

    void add(String event, long nowMs, long ms) {
        byEvent.computeIfAbsent(event, e -> new Series()).add(nowMs / 1000, ms);
    }

    /// The events that occurred, by name.
    public Map<String, Series> events() {
        return byEvent;
    }

    /// Forgets all events.
    public void reset() {
        byEvent.clear();
    }

    /// Forgets an event.
    ///
    /// @return whether there was one
    public boolean reset(String event) {
        return byEvent.remove(event) != null;
    }
}
