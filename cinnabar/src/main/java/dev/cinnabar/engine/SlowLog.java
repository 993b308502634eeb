package dev.cinnabar.engine;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.command.Call;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;

/// The commands that took long, the newest first: a fixed number of them. Touched only under the engine's
/// lock.
public final class SlowLog {
    private static final int MAX_ARGS = 32; // words kept of a command
    private static final int MAX_ARG_BYTES = 128; // bytes kept of a word

    private final ArrayDeque<Entry> entries = new ArrayDeque<>();
    private long nextId;

    /// A command that took long.
    ///
    /// @param id     ever rising, also over a reset
    /// @param atMs   when it ran, ms since 1970
    /// @param micros how long it ran
    /// @param words  the command, cut to 32 words of 128 bytes
    public record Entry(long id, long atMs, long micros, List<byte[]> words, String address, String clientName) {}

    /// Notes a command that took long.
    ///
    /// @param keep so many are kept
    void add(int keep, long atMs, long micros, List<byte[]> words, Session session) {
        if (keep <= 0) {
            entries.clear();
            return;
        }
        entries.addFirst(new Entry(nextId++, atMs, micros, words, session.link().remoteAddress(), session.name));
        while (entries.size() > keep) entries.removeLast();
    }

    /// What is said of one of a [row][CommandTimes] of calls: which one it was, with what words, is not known.
    static List<byte[]> words(String name, int calls) {
        String rest = "... (one of " + calls + " in a pipeline)";
        return List.of(name.getBytes(StandardCharsets.US_ASCII), rest.getBytes(StandardCharsets.US_ASCII));
    }

    /// The words of a call, as far as they are kept.
    static List<byte[]> words(Call call) {
        int argc = call.argc();
        int kept = Math.min(argc, MAX_ARGS);
        byte[][] words = new byte[kept][];
        for (int i = 0; i < kept; i++) words[i] = word(call.arg(i));
        if (argc > kept)
            words[kept - 1] = ("... (" + (argc - kept + 1) + " more arguments)").getBytes(StandardCharsets.US_ASCII);
        return List.of(words);
    }

    private static byte[] word(Bytes arg) {
        if (arg.length() <= MAX_ARG_BYTES) return arg.copy();
        byte[] head = new Bytes(arg.array(), arg.offset(), MAX_ARG_BYTES).copy();
        byte[] tail = ("... (" + (arg.length() - MAX_ARG_BYTES) + " more bytes)").getBytes(StandardCharsets.US_ASCII);
        byte[] all = Arrays.copyOf(head, head.length + tail.length);
        System.arraycopy(tail, 0, all, head.length, tail.length);
        return all;
    }

    /// The newest first.
    public Iterable<Entry> entries() {
        return entries;
    }

    public int size() {
        return entries.size();
    }

    public void reset() {
        entries.clear();
    }
}
