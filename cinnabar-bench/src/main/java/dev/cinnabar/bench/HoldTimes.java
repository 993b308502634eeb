package dev.cinnabar.bench;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.memory.Budget;
import dev.cinnabar.store.BigImage;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.KeyEvents;
import dev.cinnabar.store.Snapshot;
import dev.cinnabar.store.Store;
import dev.cinnabar.struct.Listpack;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// For how long the engine's lock is held, at the most, by each single step of what is done with a collection
/// of ten million elements: adding one more, freezing it, a slice of a snapshot, changing it meanwhile,
/// giving it up, freeing it. In CPU time of the thread, so that neither other programs nor the collector
/// count: it is the work that is measured, and it is bounded or not.
///
/// A program: `java -Xmx4g -cp cinnabar-bench/target/cinnabar-bench.jar dev.cinnabar.bench.HoldTimes
/// [elements]`.
public final class HoldTimes {
    private static final int SLICE = 256; // as LogSnapshot
    private static final KeyEvents DEAF = new KeyEvents() {
        @Override
        public void expired(Database db, Bytes key) {}

        @Override
        public void evicted(Database db, Bytes key) {}
    };

    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private final Bytes key = Bytes.of("key");
    private final int elements;
    private final Store store = new Store(1, new Budget(16L << 30), DEAF, new Randomness(1), 1_000);
    private final Database db = store.database(0);

    private HoldTimes(int elements) {
        this.elements = elements;
    }

    /// @param args how many elements; ten million when not said
    public static void main(String[] args) {
        int elements = args.length > 0 ? Integer.parseInt(args[0]) : 10_000_000;
        for (String type : List.of("list", "set", "hash", "zset")) {
            new HoldTimes(200_000).run(type, false); // warms up
            new HoldTimes(elements).run(type, true);
        }
    }

    private void run(String type, boolean prints) {
        Times adding = new Times(elements);
        for (int i = 0; i < elements; i++) {
            Bytes element = Bytes.of("element" + i);
            adding.begin();
            add(type, element, i);
            adding.end();
        }
        Counter counter = new Counter();
        Snapshot snapshot = store.beginSnapshot(counter);
        Times slices = new Times(1 << 20);
        Times changes = new Times(1 << 20);
        boolean more;
        int changed = 0;
        do {
            slices.begin();
            more = snapshot.next(SLICE);
            slices.end();
            Bytes element = Bytes.of("element" + (changed++ * 7919L % elements));
            changes.begin();
            add(type, element, changed);
            changes.end();
        } while (more);
        if (counter.elements != elements) throw new IllegalStateException(counter.elements + " were handed over");

        Times removal = new Times(1);
        removal.begin();
        db.remove(key);
        removal.end();
        Times frees = new Times(1 << 20);
        do {
            frees.begin();
            more = store.step();
            frees.end();
        } while (more);
        if (!prints) return;
        System.out.printf(
                Locale.ROOT,
                "%-6s %-24s %9s %8s %8s %8s  µs of CPU time%n",
                type,
                "step",
                "count",
                "p50",
                "p99.9",
                "max");
        adding.print("add an element");
        slices.print("slice of a snapshot");
        changes.print("change meanwhile");
        removal.print("delete");
        frees.print("free some");
    }

    private void add(String type, Bytes element, int n) {
        long address = db.lookup(key);
        switch (type) {
            case "list" -> {
                var list = db.list(key, address);
                list.expect(element.length(), 1);
                list.push(element, n % 2 == 0);
            }
            case "set" -> db.set(0, key, address).add(element);
            case "hash" -> db.hash(key, address).put(element, element);
            default -> db.zset(key, address).put(element, n);
        }
    }

    /// Takes an image and does nothing with it but look at it.
    private static final class Counter implements Snapshot.Sink, Snapshot.BigSink {
        long elements;
        long bytes;

        @Override
        public void image(int index, Database db, long address) {
            elements++;
        }

        @Override
        public Snapshot.BigSink big(BigImage image) {
            return this;
        }

        @Override
        public void element(Listpack.Entry element) {
            elements++;
            bytes += element.length();
        }

        @Override
        public void field(Listpack.Entry field, Listpack.Entry value, long expiryMs) {
            element(field);
            bytes += value.length();
        }

        @Override
        public void member(Listpack.Entry member, double score) {
            element(member);
        }
    }

    /// The longest of all, and the others as far as there is room.
    private final class Times {
        private final int[] nanos;
        private int count;
        private long began;

        Times(int most) {
            nanos = new int[most];
        }

        void begin() {
            began = threads.getCurrentThreadCpuTime();
        }

        void end() {
            int took = (int) Math.min(Integer.MAX_VALUE, threads.getCurrentThreadCpuTime() - began);
            nanos[count] = took;
            if (count < nanos.length - 1) count++;
        }

        void print(String what) {
            int n = Math.max(1, count);
            Arrays.sort(nanos, 0, n);
            System.out.printf(
                    Locale.ROOT,
                    "       %-24s %9d %8.1f %8.1f %8.1f%n",
                    what,
                    n,
                    nanos[n / 2] / 1e3,
                    nanos[(int) (n * 0.999)] / 1e3,
                    nanos[n - 1] / 1e3);
        }
    }
}
