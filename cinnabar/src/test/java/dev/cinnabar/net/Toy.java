package dev.cinnabar.net;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/// A protocol for tests: lines of text, each answered in capitals, unless a test has given the line's first
/// word a meaning of its own.
final class Toy implements Protocol {
    final Map<String, BiConsumer<Session, String>> words = new ConcurrentHashMap<>();
    final Map<Long, Session> sessions = new ConcurrentHashMap<>(); // open ones
    final List<Throwable> failures = new CopyOnWriteArrayList<>();
    final List<String> batching = new CopyOnWriteArrayList<>(); // "null", or why not
    final AtomicInteger closedCount = new AtomicInteger();
    final AtomicLong handledLines = new AtomicLong();
    volatile long keptInputLimit = Long.MAX_VALUE;
    volatile Consumer<Connection> onOpened = connection -> {};
    volatile Consumer<Throwable> onFailed = cause -> {};
    volatile ToLongFunction<EventLoop> onBeforeFlush = loop -> 0;
    volatile ToLongFunction<EventLoop> onBeforeSleep = loop -> -1;

    /// Says what a line that begins with this word does; it gets the rest of the line.
    Toy on(String word, BiConsumer<Session, String> action) {
        words.put(word, action);
        return this;
    }

    Session anySession() {
        return sessions.values().iterator().next();
    }

    @Override
    public Handler opened(Connection connection) {
        Session session = new Session(connection);
        sessions.put(connection.id(), session);
        onOpened.accept(connection);
        return session;
    }

    @Override
    public long keptInputLimit() {
        return keptInputLimit;
    }

    @Override
    public long beforeFlush(EventLoop loop) {
        return onBeforeFlush.applyAsLong(loop);
    }

    @Override
    public long beforeSleep(EventLoop loop) {
        return onBeforeSleep.applyAsLong(loop);
    }

    @Override
    public void batching(EventLoop loop, @Nullable String whyNot) {
        batching.add(String.valueOf(whyNot));
    }

    @Override
    public void failed(Throwable cause, @Nullable Connection connection) {
        failures.add(cause);
        onFailed.accept(cause);
    }

    final class Session implements Handler {
        final Connection connection;
        final AtomicInteger closed = new AtomicInteger();
        volatile int shownAtMost;
        volatile boolean paused;
        volatile boolean inputRefused;
        private boolean givesWay;
        private int scanned; // how much of what it left was looked through for the end of the line

        Session(Connection connection) {
            this.connection = connection;
        }

        void reply(String text) {
            connection.out().append(text).append('\n');
        }

        void giveWay() {
            givesWay = true;
            connection.giveWay();
        }

        void share(byte[] message) {
            connection.share(message);
        }

        void pause() {
            paused = true;
            connection.pauseReading();
        }

        void resume() {
            paused = false;
            connection.resumeReading();
        }

        void push(String text) {
            byte[] bytes = (text + "\n").getBytes(StandardCharsets.ISO_8859_1);
            connection.push(bytes, 0, bytes.length);
        }

        @Override
        public int received(byte[] array, int from, int to) {
            shownAtMost = Math.max(shownAtMost, to - from);
            int at = from;
            int end = from + scanned; // a long line that comes in pieces is looked through once
            scanned = 0;
            givesWay = false;
            while (!paused && !givesWay && !connection.isCongested()) {
                while (end < to && array[end] != '\n') end++;
                if (end == to) {
                    scanned = to - at;
                    break;
                }
                String line = new String(array, at, end - at, StandardCharsets.ISO_8859_1);
                at = ++end;
                handledLines.incrementAndGet();
                int blank = line.indexOf(' ');
                String word = blank < 0 ? line : line.substring(0, blank);
                BiConsumer<Session, String> action = words.get(word);
                if (action == null) reply(line.toUpperCase());
                else action.accept(this, blank < 0 ? "" : line.substring(blank + 1));
            }
            if (inputRefused) {
                scanned = 0;
                return to - from;
            }
            return at - from;
        }

        @Override
        public void inputRefused() {
            inputRefused = true;
            reply("too much");
        }

        @Override
        public void closed() {
            closed.incrementAndGet();
            closedCount.incrementAndGet();
            sessions.remove(connection.id());
        }
    }
}
